"""Probabilities -> predicted classes, the same for figures and for use.

The order is: temperature (`temperature`), then thresholds or the most probable class,
and, where classes of all levels are to agree, all of them together. Beside them stands
from which energy on (`energy`) a picture is unlike those of training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.dataset.trees import find_tree
from headswap.artifacts.storage.documents import STRICT_FORM, read_document
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError
from headswap.params.train import Decode, Positive

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


@dataclass(frozen=True)
class _Training:
    """Of `training.json`, what is read again."""

    __pydantic_config__ = STRICT_FORM

    temperatures: Mapping[str, Positive]
    thresholds: Mapping[str, Sequence[float]]
    decode: Decode
    # Models that were made before there were any have none.
    energy_limits: Mapping[str, float | None] = field(default_factory=dict)


def read_decisions(folder: PathLike) -> Decisions:
    """Return those of a model's folder, as `training.json` has them."""
    file = Path(folder) / "training.json"
    facts = read_document(file, _Training, "Make the model again.")
    thresholds = {name: np.array(each) for name, each in facts.thresholds.items()}
    return Decisions(facts.temperatures, thresholds, facts.decode, facts.energy_limits)


def require_decisions_of(tasks: Sequence[Task], decisions: Decisions) -> None:
    """Check that there is a decision for each class of each task.

    Raises:
        InputError: one is missing, or there are more.
    """
    several = [task for task in tasks if task.kind == "multilabel"]
    found = {name: len(each) for name, each in decisions.thresholds.items()}
    expected = {task.name: task.num_classes for task in several}
    without = {task.name for task in tasks} - decisions.temperatures.keys()
    if without or found != expected:
        raise InputError(
            "training.json: it must have a temperature of each task and thresholds of "
            f"as many classes as labels.json, {expected}, got {found}, and no "
            f"temperature of {', '.join(sorted(without)) or 'none'}. Make the model "
            "again."
        )


def require_probabilities_of(
    tasks: Sequence[Task], probabilities: Mapping[str, np.ndarray], model: str
) -> None:
    """Check that there is a probability of each class, and that it is a number.

    Args:
        tasks: all tasks.
        probabilities: (N, C) by task name, as a model gives them.
        model: where it is, for errors.

    Raises:
        InputError: with the first task of which there is none.
    """
    for task in tasks:
        rows = probabilities.get(task.name, np.empty((0, 0)))
        if rows.shape[1] != task.num_classes or not np.isfinite(rows).all():
            got = "not of each" if np.isfinite(rows).all() else "no number"
            raise InputError(
                f"{model}: the model must give a probability of each of the "
                f"{task.num_classes} classes of {task.name}, got {rows.shape[1]}, "
                f"{got}. Make the bundle again, or copy it again."
            )


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
