"""Writing what evaluate found: JSON for DVC, CSV for people and plots."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import PARTS, Split
from headswap.artifacts.dataset.tasks import LABEL_SEPARATOR, Task
from headswap.artifacts.model import strengths
from headswap.artifacts.model.predictions import Predictions
from headswap.artifacts.storage.tables import write_table
from headswap.statistics.scores import CLASS_SCORES, Scores

DIGITS = 6

# (task or relation, part) -> {metric: value} of each round.
Figures = dict[tuple[str, str], list[dict[str, float]]]


def write_json(path: Path, figures: Figures) -> None:
    """Write {task: {part: {metric: value}}}; means over rounds, and their spread."""
    report: dict[str, dict[str, dict[str, float]]] = {}
    for (name, part), rounds in figures.items():
        report.setdefault(name, {})[part] = values = {}
        for metric in rounds[0]:
            column = np.array([scores[metric] for scores in rounds])
            if np.isnan(column).any():
                print(f"{name}, {part}: {metric} is left out, it has no value")
                continue
            values[metric] = round(float(column.mean()), DIGITS)
            if len(column) > 1:
                values[f"{metric}_std"] = round(float(column.std(ddof=1)), DIGITS)
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def write_repeats(path: Path, figures: Figures) -> None:
    """Write one row a task, part, round and metric."""
    write_table(
        path,
        ["name", "part", "round", "metric", "value"],
        (
            (name, part, number, metric, _cell(value))
            for (name, part), rounds in figures.items()
            for number, scores in enumerate(rounds)
            for metric, value in scores.items()
        ),
    )


def write_classes(
    path: Path, tasks: Sequence[Task], scores: Mapping[tuple[str, str], list[Scores]]
) -> None:
    """Write one row a task, part and class: means over rounds, empty where absent."""

    def rows() -> Iterator[list[object]]:
        for task in tasks:
            for part in PARTS:
                rounds = scores.get((task.name, part), [])
                for number, class_name in enumerate(task.class_names if rounds else ()):
                    values = [
                        _mean([each.per_class[metric][number] for each in rounds])
                        for metric in CLASS_SCORES
                    ]
                    support = np.mean([each.support[number] for each in rounds])
                    yield [task.name, part, class_name, f"{support:g}", *values]

    write_table(path, ["task", "part", "class", "support", *CLASS_SCORES], rows())


def _mean(values: Sequence[float]) -> str:
    known = [value for value in values if not np.isnan(value)]
    return _cell(float(np.mean(known))) if known else ""


def _cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.{DIGITS}f}"


def _names(task: Task, predicted: np.ndarray) -> str:
    """Return predicted classes as they stand in `index.csv`."""
    names = [task.class_names[i] for i in np.flatnonzero(predicted)]
    return LABEL_SEPARATOR.join(names)


def write_predictions(
    path: Path,
    predictions: Mapping[str, Predictions],
    predicted: Mapping[str, np.ndarray],
    index: Index,
    split: Split,
) -> None:
    """Write one row an image, task and round.

    The probability is that of the predicted class; of several, that of the least
    certain one; of none, that of the most probable class.
    """

    def rows() -> Iterator[tuple[object, ...]]:
        for task in index.tasks:
            for number, parts in enumerate(split.parts):
                for row, part in enumerate(parts):
                    answer = predicted[task.name][number, row].astype(bool)
                    values = predictions[task.name].probabilities[number, row]
                    probability = values[answer].min() if answer.any() else values.max()
                    yield (
                        number,
                        task.name,
                        part,
                        index.image_ids[row],
                        index.paths[row],
                        index.cells[task.name][row],
                        _names(task, answer),
                        f"{probability:.4f}",
                    )

    header = ["round", "task", "part", "image_id", "path"]
    write_table(path, [*header, "actual", "predicted", "probability"], rows())


def write_confusion(
    path: Path,
    tasks: Sequence[Task],
    predicted: Mapping[str, np.ndarray],
    cells: Mapping[str, Sequence[str]],
    split: Split,
) -> None:
    """Write (task, actual, predicted) of test images, one row an image and round.

    A multilabel task has one row more a class: whether it was there and was found. One
    file for all tasks, so that none of an earlier data set's can stay behind.

    Args:
        path: of the table.
        tasks: all tasks.
        predicted: (rounds, N, C) of 0 and 1, by task name.
        cells: the labels of each image, by task name.
        split: of the images.
    """

    def rows() -> Iterator[tuple[str, str, str]]:
        for task in tasks:
            for number, row in zip(*np.nonzero(split.parts == "test"), strict=True):
                answers = predicted[task.name][number, row]
                cell = cells[task.name][row]
                for actual, answer in _confused(task, cell, answers):
                    yield task.name, actual, answer

    write_table(path, ["task", "actual", "predicted"], rows())


def _confused(task: Task, cell: str, answers: np.ndarray) -> Iterator[tuple[str, str]]:
    """Yield (actual, predicted) of one image."""
    if task.kind == "multiclass":
        yield cell, _names(task, answers)
        return
    actual = set(task.split_cell(cell))
    for name, answer in zip(task.class_names, answers, strict=True):
        yield _yes_or_no(name, name in actual), _yes_or_no(name, bool(answer))


def _yes_or_no(class_name: str, answer: bool) -> str:
    return class_name if answer else f"no {class_name}"


def write_learning_curves(path: Path, curves: Path) -> None:
    """Merge the first round's curves, without those of cross-validation folds."""

    def rows() -> Iterator[tuple[str, str, str, str]]:
        for fit in sorted((curves / "round0").iterdir()):
            if "-fold" in fit.name or not fit.is_dir():
                continue
            for file in sorted((fit / "plots" / "metrics").rglob("*.tsv")):
                for line in file.read_text(encoding="utf-8").splitlines()[1:]:
                    step, value = line.split("\t")
                    curve = f"{fit.name} {file.parent.name}"
                    yield curve, file.stem, step, f"{float(value):.{DIGITS}g}"

    write_table(path, ["curve", "metric", "epoch", "value"], rows())


def write_strengths(path: Path, curves: Path) -> None:
    """Copy what the first round compared for its solved heads."""
    shutil.copyfile(curves / "round0" / strengths.FILE, path)
