"""Probabilities -> predicted classes, the same for figures and for use.

The order is: temperature (`temperature`), then thresholds or the most probable class,
and, where classes of all levels are to agree, all of them together. Beside them stands
from which energy on (`energy`) a picture is unlike those of training.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.dataset.trees import find_tree
from headswap.artifacts.storage.tables import PathLike

CONSISTENT = "consistent"


@dataclass(frozen=True)
class Decisions:
    """How the probabilities of a model become classes.

    Attributes:
        temperatures: by task name.
        thresholds: (C,) float64 of each multilabel task, by name.
        decode: as `train.decode`.
        energy_limits: by task name, None where none could be set.
    """

    temperatures: Mapping[str, float]
    thresholds: Mapping[str, np.ndarray]
    decode: str
    energy_limits: Mapping[str, float | None] = field(default_factory=dict)


def read_decisions(folder: PathLike) -> Decisions:
    """Return those of a model's folder, as `training.json` has them."""
    facts = json.loads((Path(folder) / "training.json").read_text(encoding="utf-8"))
    thresholds = {name: np.array(each) for name, each in facts["thresholds"].items()}
    # Models that were made before there were any have none.
    limits = facts.get("energy_limits", {})
    return Decisions(facts["temperatures"], thresholds, facts["decode"], limits)


def decide(
    probabilities: np.ndarray, kind: str, thresholds: np.ndarray | None
) -> np.ndarray:
    """Return predictions, (N, C) int of 0 and 1.

    Args:
        probabilities: (N, C), 0..1.
        kind: of the task: `multiclass` takes the most probable class, `multilabel`
            every class that reaches its threshold.
        thresholds: (C,) of a multilabel task.
    """
    if kind == "multilabel":
        return (probabilities >= thresholds).astype(int)
    return np.eye(probabilities.shape[1], dtype=int)[probabilities.argmax(axis=1)]


def decide_tasks(
    probabilities: Mapping[str, np.ndarray],
    tasks: Sequence[Task],
    relations: Sequence[Relation],
    thresholds: Mapping[str, np.ndarray],
    decode: str,
) -> dict[str, np.ndarray]:
    """Return the predictions of all tasks, (N, C) int of 0 and 1 each, by name.

    Args:
        probabilities: (N, C) by task name, after temperature.
        tasks: all tasks.
        relations: between them.
        thresholds: (C,) by name of the multilabel tasks.
        decode: `independent`, or `consistent`, where tasks form a tree: the finest
            class of which the probabilities of itself and all that it lies in have the
            highest product, and with it those.
    """
    if decode != CONSISTENT:
        return {
            task.name: decide(
                probabilities[task.name], task.kind, thresholds.get(task.name)
            )
            for task in tasks
        }
    tree = find_tree(tasks, relations)
    together = sum(
        np.log(np.maximum(probabilities[level.name], np.finfo(np.float32).tiny))[
            :, column
        ]
        for level, column in zip(tree.levels, tree.paths.T, strict=True)
    )
    chosen = tree.paths[np.asarray(together).argmax(axis=1)]
    return {
        level.name: np.eye(level.num_classes, dtype=int)[column]
        for level, column in zip(tree.levels, chosen.T, strict=True)
    }
