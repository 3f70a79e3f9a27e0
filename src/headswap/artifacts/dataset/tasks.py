"""What is to be predicted: named tasks, each with an ordered list of classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np

from headswap.artifacts.dataset.targets import AnyTargets, Targets
from headswap.artifacts.storage.documents import STRICT_FORM
from headswap.errors import InputError
from headswap.params.data import TaskName

LABEL_SEPARATOR = "|"
MULTILABEL = "multilabel"

Kind = Literal["multiclass", "multilabel"]


@dataclass(frozen=True)
class Task:
    """One question asked of every image.

    Attributes:
        name: also the name of its column in `index.csv`.
        kind: `multiclass` (exactly one class an image, or none where nobody has said
            which) or `multilabel` (any number).
        class_names: in the order of the model's outputs.
    """

    __pydantic_config__ = STRICT_FORM

    name: TaskName
    kind: Kind
    class_names: tuple[str, ...]

    @property
    def num_classes(self) -> int:
        """The number of classes, and so of output units."""
        return len(self.class_names)

    def encode(self, cells: Sequence[str]) -> np.ndarray:
        """Return targets, (N, num_classes) float32 of 0 and 1, of `index.csv` cells.

        Those of an image without a label are all 0.
        """
        return self.targets(cells)[np.arange(len(cells))]

    def targets(self, cells: Sequence[str]) -> Targets:
        """Return what `encode` does, as numbers of classes."""
        position = {name: index for index, name in enumerate(self.class_names)}
        # Equal cells are many, and read once.
        known = {
            cell: sorted({position[name] for name in self.split_cell(cell)})
            for cell in set(cells)
        }
        lengths = np.fromiter((len(known[cell]) for cell in cells), int, len(cells))
        classes = chain.from_iterable(map(known.__getitem__, cells))
        return Targets(
            np.concatenate([[0], np.cumsum(lengths)]),
            np.fromiter(classes, np.int32, lengths.sum()),
            self.num_classes,
        )

    def split_cell(self, cell: str) -> list[str]:
        """Return the class names in one cell of `index.csv`."""
        if not cell:
            return []
        return [cell] if self.kind == "multiclass" else cell.split(LABEL_SEPARATOR)

    def join_cell(self, targets: np.ndarray) -> str:
        """Return the cell of `index.csv` of one image's targets, (num_classes,)."""
        names = [self.class_names[number] for number in np.flatnonzero(targets)]
        return LABEL_SEPARATOR.join(names)

    def is_labelled(self, targets: AnyTargets) -> np.ndarray:
        """Return which rows of targets (N, num_classes) have a label, (N,) bool.

        With several labels, none is an answer too.
        """
        if self.kind == "multilabel":
            return np.ones(len(targets), bool)
        if isinstance(targets, Targets):
            return targets.has_any
        return np.asarray(targets.any(axis=1))


def finest(tasks: Sequence[Task]) -> Task:
    """Return the task with the most classes; the later of two of the same size."""
    return max(tasks[::-1], key=lambda task: task.num_classes)


def ordered(tasks: Sequence[Task], order: str | Sequence[str]) -> list[Task]:
    """Return the tasks in training order.

    Args:
        tasks: in the order of `labels.json`, coarse before fine where sizes are equal.
        order: `finest_first`, `coarsest_first` or the names of all tasks.

    Raises:
        InputError: the names are not those of all tasks.
    """
    if isinstance(order, str):
        coarse_to_fine = sorted(tasks, key=lambda task: task.num_classes)
        return coarse_to_fine[::-1] if order == "finest_first" else coarse_to_fine
    by_name = {task.name: task for task in tasks}
    if sorted(order) != sorted(by_name):
        raise InputError(
            "train.order: it must be finest_first, coarsest_first or a list of the "
            f"tasks {', '.join(by_name)}, got {list(order)}. Name each task once."
        )
    return [by_name[name] for name in order]
