"""The labels of each image over all tasks together, as one of few combinations.

Images with the same labels can stand for one another, so a draw decides how many of
each combination go where, and only then which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headswap.artifacts.dataset.tasks import Task


@dataclass(frozen=True)
class Combinations:
    """The label combinations that occur, in sorted order.

    Attributes:
        of_row: the combination of each image, (N,) int.
        names: a text for each combination, unique, the same whatever else occurs.
        classes: (combinations, C) of 0 and 1: the classes of all tasks side by side,
            and for each multilabel task, or one that not all images have a label of,
            one column more, for images without any class.
        columns: where each task's classes stand among the C.
    """

    of_row: np.ndarray
    names: tuple[str, ...]
    classes: np.ndarray
    columns: Mapping[str, slice]


def combine(tasks: Sequence[Task], cells: Mapping[str, Sequence[str]]) -> Combinations:
    """Return the label combinations of the images.

    Args:
        tasks: all tasks.
        cells: the labels of each image, by task name, as in `index.csv`.
    """
    rows = list(zip(*(cells[task.name] for task in tasks), strict=True))
    occurring = sorted(set(rows))
    number = {combination: position for position, combination in enumerate(occurring)}
    parts, columns, start = [], {}, 0
    for task, labels in zip(tasks, zip(*occurring, strict=True), strict=True):
        targets = task.encode(labels).astype(int)
        columns[task.name] = slice(start, start + task.num_classes)
        without = ~targets.any(axis=1, keepdims=True)
        if task.kind == "multilabel" or without.any():
            targets = np.concatenate([targets, without.astype(int)], axis=1)
        parts.append(targets)
        start += targets.shape[1]
    return Combinations(
        np.array([number[row] for row in rows]),
        tuple(map(repr, occurring)),
        np.concatenate(parts, axis=1),
        columns,
    )


def shares(
    combinations: Combinations,
    rows: np.ndarray,
    task: Task,
    sizes: Sequence[int | float],
) -> np.ndarray:
    """Return how likely an image goes to each part, (parts + 1, combinations) 0..1.

    The last row is the chance of none of the parts, so that each sum is 1.

    Args:
        combinations: of all images.
        rows: positions of the images to draw from.
        task: whose classes the sizes are about, the finest.
        sizes: of each part: images a class (whole number) or a share of each class. Of
            a multilabel task a whole number is that of a class of median size.
    """
    drawn, asked, most = _asked(combinations, rows, task, sizes)
    drawn = np.where(asked > most, drawn * most / np.maximum(asked, 1e-12), drawn)
    return np.concatenate([drawn, 1 - drawn.sum(axis=0, keepdims=True)])


def too_few(
    combinations: Combinations,
    rows: np.ndarray,
    task: Task,
    sizes: Sequence[int | float],
) -> np.ndarray:
    """Return which classes of a task have fewer images than the sizes ask for, (C,).

    Of each, an image has to be left over. Arguments are those of `shares`.
    """
    _, asked, most = _asked(combinations, rows, task, sizes)
    present = np.bincount(combinations.of_row[rows], minlength=len(asked)) > 0
    is_short = present & (asked > most + 1e-9)
    of_task = combinations.classes[:, combinations.columns[task.name]]
    return of_task[is_short].sum(axis=0) > 0


def _asked(
    combinations: Combinations,
    rows: np.ndarray,
    task: Task,
    sizes: Sequence[int | float],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what each size asks for, all of them together, and what there is."""
    drawn = np.array([_chances(combinations, rows, task, size) for size in sizes])
    drawn = drawn.reshape(len(sizes), len(combinations.names))
    # One image of each class is left over, whatever is asked for.
    most = 1 - _chances(combinations, rows, task, 1)
    return drawn, drawn.sum(axis=0), most


def _chances(
    combinations: Combinations, rows: np.ndarray, task: Task, size: int | float
) -> np.ndarray:
    """Return how likely an image of each combination is drawn, (combinations,)."""
    of_task = combinations.classes[:, combinations.columns[task.name]]
    images = np.bincount(combinations.of_row[rows], minlength=len(of_task))
    counts = images @ of_task
    if task.kind == "multilabel":
        share = size
        if isinstance(size, int):
            share = min(1, size / max(1, np.median(counts[counts > 0])))
        return np.full(len(of_task), float(share))
    wanted = np.full(len(counts), size, float)
    if isinstance(size, float):
        wanted = np.maximum(1, np.rint(size * counts))
    of_class = np.minimum(1, wanted / np.maximum(counts, 1))
    # Images without a label follow the others as a whole.
    of_all = of_class @ counts / max(1, counts.sum())
    return np.where(of_task.any(axis=1), of_task @ of_class, of_all)
