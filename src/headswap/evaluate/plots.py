"""Tables that only plots need: scores with intervals, and curves of ranking.

`scores.csv` (task, part, metric, value, low, high): what `intervals.json` says, in
rows. `ranking.csv` (task, curve, class, x, y): ROC and precision-recall of the test
part, as means over the rounds, for all classes together and for those ranked worst.
Both lie in git, and so are small.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import Split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.predictions import Predictions
from headswap.artifacts.storage.tables import write_table
from headswap.evaluate.report import in_page
from headswap.statistics.ranking import precision_recall, roc

ALL_CLASSES = "all classes"
# Classes with curves of their own, and places on each.
MOST_CLASSES, NUM_PLACES = 8, 26
_CURVES = {"ROC": roc, "precision-recall": precision_recall}


def write_scores(path: Path, intervals: Mapping[str, Any]) -> None:
    """Write all scores of validation and test with their intervals.

    Args:
        path: of the table.
        intervals: what `intervals.json` says.
    """

    def rows() -> Iterator[list[object]]:
        for task, parts in intervals.items():
            for part, entry in parts.items():
                for metric, each in entry["scores"].items():
                    numbers = (each[key] for key in ("value", "low", "high"))
                    cells = ["" if number is None else number for number in numbers]
                    yield [task, part, metric, *cells]

    write_table(path, ["task", "part", "metric", "value", "low", "high"], rows())


def write_ranking(
    path: Path, predictions: Mapping[str, Predictions], index: Index, split: Split
) -> None:
    """Write ROC and precision-recall curves of the test part.

    Args:
        path: of the table.
        predictions: by task name.
        index: of the N images.
        split: of the N images.
    """

    def rows() -> Iterator[list[object]]:
        for task in index.tasks:
            targets = task.encode(index.cells[task.name])
            is_labelled = task.is_labelled(targets)
            rounds = [
                (targets[used], predictions[task.name].probabilities[number, used])
                for number, part in enumerate(split.parts)
                if (used := (part == "test") & is_labelled).any()
            ]
            yield from _of_task(task, rounds)

    write_table(path, ["task", "curve", "class", "x", "y"], rows())


def _of_task(
    task: Task, rounds: Sequence[tuple[np.ndarray, np.ndarray]]
) -> Iterator[list[object]]:
    places = np.linspace(0, 1, NUM_PLACES)
    everything = [(t.ravel(), p.ravel()) for t, p in rounds]
    by_class = {
        name: [(t[:, number], p[:, number]) for t, p in rounds]
        for number, name in enumerate(task.class_names)
    }
    for curve, function in _CURVES.items():
        means = {
            name: np.mean([function(*each, places) for each in usable], axis=0)
            for name, pairs in by_class.items()
            if (usable := [each for each in pairs if _has_both(each[0])])
        }
        worst = sorted(means, key=lambda name: (float(means[name].mean()), name))
        shown = {name: means[name] for name in worst[:MOST_CLASSES]}
        usable = [each for each in everything if _has_both(each[0])]
        if usable:
            together = np.mean([function(*each, places) for each in usable], axis=0)
            shown = {ALL_CLASSES: together, **shown}
        for name, values in shown.items():
            for x, y in zip(places, values, strict=True):
                yield [task.name, curve, in_page(name), f"{x:g}", f"{y:.4f}"]


def _has_both(is_there: np.ndarray) -> bool:
    return bool(0 < is_there.sum() < len(is_there))
