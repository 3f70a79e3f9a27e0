"""The predictions folder: what training says of every image, for evaluate to score.

`<task>.npy`, (rounds, N, C) float32 probabilities, and for a multilabel task
`<task>-thresholds.npy`, (rounds, C) float64. `<task>-unlike.npy`, (rounds, N) bool,
says which images are unlike those of training, where every round has a limit for that.
`decode.json` says how classes of several tasks are chosen, as `train.decode`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.tasks import MULTILABEL, Task
from headswap.artifacts.model.decisions import decide_tasks
from headswap.artifacts.storage.documents import read_document
from headswap.artifacts.storage.files import read_array
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError
from headswap.machine.disk import require_disk
from headswap.params.train import Decode

DECODE = "decode.json"


@dataclass(frozen=True)
class Predictions:
    """The predictions of one task.

    Attributes:
        probabilities: (rounds, N, C) float32.
        thresholds: (rounds, C) float64 of a multilabel task, None of a multiclass one.
        unlike: (rounds, N) bool, or None.
    """

    probabilities: np.ndarray
    thresholds: np.ndarray | None
    unlike: np.ndarray | None = None


def require_room(
    folder: PathLike, tasks: Sequence[Task], num_rounds: int, num_images: int
) -> None:
    """Check that the disk can hold the predictions folder.

    Raises:
        InputError: it cannot.
    """
    num_classes = sum(task.num_classes for task in tasks)
    what = f"the predictions of {num_rounds} rounds"
    require_disk(folder, 4 * num_rounds * num_images * num_classes, what)


def write_predictions(
    folder: PathLike, predictions: Mapping[str, Predictions], decode: str
) -> None:
    """Write the predictions folder, by task name."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    (path / DECODE).write_text(json.dumps(decode) + "\n", encoding="utf-8")
    for name, task in predictions.items():
        np.save(path / f"{name}.npy", task.probabilities)
        if task.thresholds is not None:
            np.save(path / f"{name}-thresholds.npy", task.thresholds)
        if task.unlike is not None:
            np.save(path / _unlike(name), task.unlike)


def file_names(tasks: Sequence[Task]) -> list[str]:
    """Return the names of the files of the folder that classes are decided by."""
    thresholds = [_thresholds(task) for task in tasks if task.kind == MULTILABEL]
    return [DECODE, *(_probabilities(task) for task in tasks), *thresholds]


def read_decode(file: PathLike) -> str:
    """Return how classes are chosen from the predictions, from `decode.json`."""
    return read_document(file, Decode, "Run `dvc repro train`.")


def read_predictions(folder: PathLike, tasks: Sequence[Task]) -> dict[str, Predictions]:
    """Return the predictions folder, by task name."""
    path = Path(folder)
    found = load_predictions({name: path / name for name in file_names(tasks)}, tasks)
    return {
        name: replace(each, unlike=_read_unlike(path / _unlike(name), each))
        for name, each in found.items()
    }


def _read_unlike(path: Path, predictions: Predictions) -> np.ndarray | None:
    """Return which images of each round are unlike those of training, or None."""
    if not path.exists():
        return None
    found, expected = read_array(path), predictions.probabilities.shape[:2]
    if found.shape != expected or found.dtype != bool:
        raise InputError(
            f"{path}: it must say of each round and image yes or no, {expected}, got "
            f"{found.shape} {found.dtype}. Delete it, and `dvc repro` makes it anew."
        )
    return found


def load_predictions(
    places: Mapping[str, PathLike], tasks: Sequence[Task]
) -> dict[str, Predictions]:
    """Return predictions whose files lie anywhere, by task name.

    Args:
        places: of the files, by their names.
        tasks: all tasks.

    Raises:
        InputError: of other classes, or a number that is none.
    """
    return {
        task.name: Predictions(
            _numbers(places[_probabilities(task)], task, 3),
            _numbers(places[_thresholds(task)], task, 2)
            if task.kind == MULTILABEL
            else None,
        )
        for task in tasks
    }


def _numbers(path: PathLike, task: Task, num_axes: int) -> np.ndarray:
    """Return an array whose last axis is the classes of a task."""
    found = read_array(path)
    is_whole = found.ndim == num_axes and found.shape[-1] == task.num_classes
    if not is_whole or not np.isfinite(found).all():
        raise InputError(
            f"{path}: it must have finite numbers, the last of its {num_axes} axes of "
            f"the {task.num_classes} classes of {task.name}, got {found.shape}"
            f"{' with others' if is_whole else ''}. Delete it, and `dvc repro` makes "
            "it anew."
        )
    return found


def decide_rounds(
    predictions: Mapping[str, Predictions],
    tasks: Sequence[Task],
    relations: Sequence[Relation],
    decode: str,
) -> dict[str, np.ndarray]:
    """Return the predicted classes of every task, (rounds, N, C) of 0 and 1.

    Args:
        predictions: by task name.
        tasks: all tasks.
        relations: between them.
        decode: as `train.decode`.
    """
    num_rounds = len(next(iter(predictions.values())).probabilities)
    rounds = [
        decide_tasks(
            {name: each.probabilities[number] for name, each in predictions.items()},
            tasks,
            relations,
            {
                name: each.thresholds[number]
                for name, each in predictions.items()
                if each.thresholds is not None
            },
            decode,
        )
        for number in range(num_rounds)
    ]
    return {task.name: np.stack([each[task.name] for each in rounds]) for task in tasks}


def _probabilities(task: Task) -> str:
    return f"{task.name}.npy"


def _thresholds(task: Task) -> str:
    return f"{task.name}-thresholds.npy"


def _unlike(name: str) -> str:
    return f"{name}-unlike.npy"
