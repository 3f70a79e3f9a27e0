"""What one run says, in one object.

In: the folders that the stages before have made, and the figures of `metrics`. Out:
`Run`. All that evaluate has decided is taken from its tables, never decided again.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from headswap.artifacts.dataset.index import Index, read_index
from headswap.artifacts.dataset.split import Split, read_split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.predictions import Predictions, read_predictions
from headswap.artifacts.storage.tables import PathLike, read_table
from headswap.statistics.words import primary

JOINED = "<\N{WORD JOINER}"


class Answer(NamedTuple):
    """What the model of the first round says of one test image.

    Attributes:
        row: of the image, in `index.csv`.
        actual: its label, as a cell of `index.csv`.
        predicted: likewise.
        sureness: of the answer, in log odds: of what was predicted, or with several
            labels, beyond the threshold of the class that decides.
        told: the same for people.
    """

    row: int
    actual: str
    predicted: str
    sureness: float
    told: str

    @property
    def is_wrong(self) -> bool:
        """Whether prediction and label differ."""
        return self.actual != self.predicted


@dataclass(frozen=True)
class Run:
    """What one run says.

    Attributes:
        index: of the N images.
        split: of the N images.
        intervals: `intervals.json`.
        rounds: a value a round, by (name, part, metric).
        classes: columns of `classes.csv`.
        confusions: (actual, predicted, images) of the test images of all rounds, by
            task.
        slices: columns of `slices.csv`.
        reliability: columns of `reliability.csv`.
        coverage: columns of `coverage.csv`.
        answers: of the first round's test images, by task.
        cost: `cost.json`.
        networks: `member.json` of each network.
    """

    index: Index
    split: Split
    intervals: dict[str, Any]
    rounds: dict[tuple[str, str, str], list[float]]
    classes: dict[str, list[str]]
    confusions: dict[str, list[tuple[str, str, int]]]
    slices: dict[str, list[str]]
    reliability: dict[str, list[str]]
    coverage: dict[str, list[str]]
    answers: dict[str, list[Answer]]
    cost: dict[str, float]
    networks: list[dict[str, Any]]

    def primary(self, task: str) -> str | None:
        """Return the score that decides for a task; None where nothing was tested."""
        part = self.intervals.get(task, {}).get("test")
        return None if part is None else primary(part["scores"])

    @property
    def tested(self) -> list[str]:
        """The tasks that have a score to state."""
        return [task.name for task in self.index.tasks if self.primary(task.name)]

    @property
    def num_wrong(self) -> int:
        """Test images of the first round with a wrong answer in any task."""
        wrong = {
            each.row for rows in self.answers.values() for each in rows if each.is_wrong
        }
        return len(wrong)


def read_run(
    prepared: PathLike,
    split: PathLike,
    features: PathLike,
    predictions: PathLike,
    metrics: PathLike,
) -> Run:
    """Return what a run says.

    Args:
        prepared: the prepared folder.
        split: the split folder.
        features: the features folder.
        predictions: the predictions folder.
        metrics: the folder of figures.
    """
    index, folder = read_index(prepared), Path(metrics)
    rounds: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for name, part, metric, value in _rows(
        folder / "repeats.csv", "name", "part", "metric", "value"
    ):
        rounds[name, part, metric].append(float(value or "nan"))
    confusions: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for task, actual, predicted, images in _rows(
        folder / "confusion.csv", "task", "actual", "predicted", "images"
    ):
        # The table is made for pages of DVC's, and no name in it ends a script.
        pair = (name.replace(JOINED, "<") for name in (actual, predicted))
        confusions[task].append((*pair, int(images)))
    members = _read_json(Path(features) / "features.json")["members"]
    return Run(
        index=index,
        split=read_split(split),
        intervals=_read_json(folder / "intervals.json"),
        rounds=dict(rounds),
        classes=read_table(folder / "classes.csv"),
        confusions=dict(confusions),
        slices=read_table(folder / "slices.csv"),
        reliability=read_table(folder / "reliability.csv"),
        coverage=read_table(folder / "coverage.csv"),
        answers=_read_answers(
            folder / "predictions.csv",
            index,
            read_predictions(predictions, index.tasks),
        ),
        cost=_read_json(folder / "cost.json"),
        networks=[_read_json(Path(features) / x / "member.json") for x in members],
    )


def _read_answers(
    file: Path, index: Index, predictions: Mapping[str, Predictions]
) -> dict[str, list[Answer]]:
    position = {image_id: row for row, image_id in enumerate(index.image_ids)}
    tasks = {task.name: task for task in index.tasks}
    found: dict[str, list[Answer]] = {name: [] for name in tasks}
    columns = ("image_id", "part", "task", "actual", "predicted", "probability")
    for image_id, part, name, actual, predicted, probability in _rows(file, *columns):
        if part != "test":
            continue
        row, task, of_task = position[image_id], tasks[name], predictions[name]
        if task.kind == "multilabel":
            assert of_task.thresholds is not None
            values = of_task.probabilities[0, row], of_task.thresholds[0]
            sureness, told = _beyond(task, actual, predicted, *values)
        else:
            sureness = float(_log_odds(np.array(float(probability))))
            told = f"{100 * float(probability):.1f} %"
        found[name].append(Answer(row, actual, predicted, sureness, told))
    return found


def _beyond(
    task: Task,
    actual: str,
    predicted: str,
    probabilities: np.ndarray,
    thresholds: np.ndarray,
) -> tuple[float, str]:
    """Return how far the class that decides is beyond its threshold.

    Of a wrong answer, that is the class that is wrong most surely; of a right one, the
    class that was nearest to being answered otherwise.
    """
    beyond = np.abs(_log_odds(probabilities) - _log_odds(thresholds))
    answers = task.encode([actual, predicted])
    is_wrong = answers[0] != answers[1]
    if is_wrong.any():
        decides = int(np.where(is_wrong, beyond, -1).argmax())
    else:
        decides = int(beyond.argmin())
    name = task.class_names[decides]
    told = f"{name} {100 * probabilities[decides]:.1f} %"
    return float(
        beyond[decides]
    ), f"{told}, of {100 * thresholds[decides]:.1f} % needed"


def _log_odds(probabilities: np.ndarray) -> np.ndarray:
    # Those that are rounded to 0 or 1 are no surer than any other such.
    within = np.clip(np.asarray(probabilities, np.float64), 1e-4, 1 - 1e-4)
    return np.log(within / (1 - within))


def _rows(file: Path, *columns: str) -> Any:
    table = read_table(file)
    return zip(*(table[column] for column in columns), strict=True)


def _read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
