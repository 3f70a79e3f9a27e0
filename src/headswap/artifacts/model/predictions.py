"""The predictions folder: what training says of every image, for evaluate to score.

`<task>.npy`, (rounds, N, C) float32 probabilities, and for a multilabel task
`<task>-thresholds.npy`, (rounds, C) float64. `decode.json` says how classes of several
tasks are chosen, as `train.decode`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.tables import PathLike

_DECODE = "decode.json"


@dataclass(frozen=True)
class Predictions:
    """The predictions of one task.

    Attributes:
        probabilities: (rounds, N, C) float32.
        thresholds: (rounds, C) float64 of a multilabel task, None of a multiclass one.
    """

    probabilities: np.ndarray
    thresholds: np.ndarray | None


def write_predictions(
    folder: PathLike, predictions: Mapping[str, Predictions], decode: str
) -> None:
    """Write the predictions folder, by task name."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    (path / _DECODE).write_text(json.dumps(decode) + "\n", encoding="utf-8")
    for name, task in predictions.items():
        np.save(path / f"{name}.npy", task.probabilities)
        if task.thresholds is not None:
            np.save(path / f"{name}-thresholds.npy", task.thresholds)


def read_decode(folder: PathLike) -> str:
    """Return how classes are chosen from the predictions."""
    return str(json.loads((Path(folder) / _DECODE).read_text(encoding="utf-8")))


def read_predictions(folder: PathLike, tasks: Sequence[Task]) -> dict[str, Predictions]:
    """Return the predictions folder, by task name."""
    path = Path(folder)
    return {
        task.name: Predictions(
            np.load(path / f"{task.name}.npy"),
            np.load(path / f"{task.name}-thresholds.npy")
            if task.kind == "multilabel"
            else None,
        )
        for task in tasks
    }
