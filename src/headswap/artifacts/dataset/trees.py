"""Trees of tasks: levels, each finer class in exactly one class of a coarser level."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.tasks import Task
from headswap.errors import InputError, listed


@dataclass(frozen=True)
class Tree:
    """Tasks that are levels of one tree.

    Attributes:
        levels: from the finest to the coarsest.
        paths: (finest classes, levels) int, the class of each level that a finest
            class lies in, itself first.
    """

    levels: tuple[Task, ...]
    paths: np.ndarray

    @property
    def name(self) -> str:
        """The name its figures go by; of two levels, that of their relation."""
        return "_in_".join(level.name for level in self.levels)


def find_tree(tasks: Sequence[Task], relations: Sequence[Relation]) -> Tree:
    """Return the tree that all tasks form.

    Args:
        tasks: all tasks.
        relations: between them, as the labels show them.

    Raises:
        InputError: they form none, with every reason.
    """
    levels = tuple(sorted(tasks, key=lambda task: -task.num_classes))
    parents = {(each.finer, each.coarser): each.parents for each in relations}
    reasons = [
        f"{task.name} is {task.kind}" for task in levels if task.kind != "multiclass"
    ]
    if len(levels) < 2:
        reasons.append(f"there is one task, {levels[0].name}")
    reasons += [
        f"not every {finer.name} lies in one {coarser.name}"
        for finer, coarser in pairwise(levels)
        if finer.kind == coarser.kind == "multiclass"
        and (finer.name, coarser.name) not in parents
    ]
    for finer, coarser in pairwise(levels):
        of_finer = parents.get((finer.name, coarser.name))
        if of_finer is not None:
            alone = [name for name in finer.class_names if name not in of_finer]
            childless = [
                name for name in coarser.class_names if name not in of_finer.values()
            ]
            reasons += [
                f"{of_task} {listed(names)} has no {other}"
                for of_task, names, other in (
                    (finer.name, alone, coarser.name),
                    (coarser.name, childless, finer.name),
                )
                if names
            ]
    if reasons:
        raise InputError(
            "train.decode: for consistent, the tasks must form a tree, got that "
            f"{'; '.join(reasons)}. Set train.decode=independent."
        )
    paths = [np.arange(levels[0].num_classes)]
    for finer, coarser in pairwise(levels):
        of_finer = parents[finer.name, coarser.name]
        place = [
            coarser.class_names.index(of_finer[name]) for name in finer.class_names
        ]
        paths.append(np.array(place)[paths[-1]])
    return Tree(levels, np.stack(paths, axis=1))


def has_tree(tasks: Sequence[Task], relations: Sequence[Relation]) -> bool:
    """Whether all tasks form a tree."""
    try:
        find_tree(tasks, relations)
    except InputError:
        return False
    return True
