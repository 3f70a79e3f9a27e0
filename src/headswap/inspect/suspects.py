"""Suspects: images whose label contradicts what heads say that were not fitted to them.

In: cached features, labels and groups. Out: suspects, the least likely label first.
They are an order to look in; how many of the labels are wrong they do not say.

Source: Northcutt, Jiang and Chuang 2021, "Confident Learning", where this order is
called self-confidence; it found planted errors sooner than margins did.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Features
from headswap.artifacts.features.vectors import (
    read_vectors,
    usable_members,
    vector_length,
)
from headswap.machine.memory import require_memory
from headswap.machine.progress import progress
from headswap.solver.out_of_fold import bytes_of_folds, deal_folds, out_of_fold

# More of them find more wrong labels where a class has ten images.
NUM_FOLDS = 10


@dataclass(frozen=True)
class Suspect:
    """One label that is contradicted.

    Attributes:
        row: of the image, in `index.csv`.
        task: name of the task.
        label: what the label says of it, such as `cat`, or `no cat`.
        likely: what the heads say.
        probability: of the own label, out of fold, 0..1.
        cell: what would stand in `index.csv` if the heads were right, in all classes
            that they contradict.
    """

    row: int
    task: str
    label: str
    likely: str
    probability: float
    cell: str


def find_suspects(
    features: Features, index: Index, groups: np.ndarray
) -> list[Suspect]:
    """Return the suspects of all tasks, for each task the least likely label first.

    Args:
        features: with at least one usable member.
        index: of the N images.
        groups: of the N images, (N,) str.
    """
    members = usable_members(features)
    num_images, num_features = len(index.image_ids), sum(map(vector_length, members))
    require_memory(
        "inspect",
        bytes_of_folds(num_images, num_features, NUM_FOLDS),
        f"the features of {num_images:,} pictures",
        "use fewer pictures (data.exclude)",
    )
    blocks = [read_vectors(member, features, index) for member in members]
    found: list[Suspect] = []
    for task in progress(
        index.tasks, what="inspect", total=len(index.tasks), unit="task"
    ):
        cells = index.cells[task.name]
        targets = task.encode(cells)
        folds = deal_folds(cells, groups.tolist(), NUM_FOLDS)
        is_labelled = task.is_labelled(targets)
        likely = out_of_fold(blocks, targets, is_labelled, folds, task.kind)
        judge = _contradicted_sets if task.kind == "multilabel" else _contradicted
        suspects = judge(task, targets.astype(bool), likely)
        found += sorted(suspects, key=lambda each: (each.probability, each.row))
    return found


def _contradicted(
    task: Task, targets: np.ndarray, likely: np.ndarray
) -> Iterator[Suspect]:
    """Yield the images whose class is not the likeliest.

    An image without a label is none, nor one of a class that no head was shown.
    """
    known = np.where(targets, likely, -np.inf).max(axis=1, initial=-np.inf)
    for row in np.flatnonzero(targets.any(axis=1) & np.isfinite(known)):
        own, best = int(targets[row].argmax()), int(np.nanargmax(likely[row]))
        if best != own:
            label, name = task.class_names[own], task.class_names[best]
            yield Suspect(
                int(row), task.name, label, name, float(likely[row, own]), name
            )


def _contradicted_sets(
    task: Task, targets: np.ndarray, likely: np.ndarray
) -> Iterator[Suspect]:
    """Yield each image and class of which the likelier answer is another one."""
    own = np.where(targets, likely, 1 - likely)
    is_suspect = own < 0.5
    turned = targets ^ is_suspect
    for row, number in np.argwhere(is_suspect):
        name, has_class = task.class_names[number], targets[row, number]
        yield Suspect(
            int(row),
            task.name,
            label=name if has_class else f"no {name}",
            likely=f"no {name}" if has_class else name,
            probability=float(own[row, number]),
            cell=task.join_cell(turned[row]),
        )
