"""Writing what evaluate found: JSON for DVC, CSV for people and plots."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import PARTS, Split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model import strengths
from headswap.artifacts.model.predictions import Predictions
from headswap.artifacts.storage.tables import write_table
from headswap.statistics.scores import CLASS_SCORES, Scores
from headswap.statistics.seriation import order_confused

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


def write_predictions(
    path: Path,
    predictions: Mapping[str, Predictions],
    predicted: Mapping[str, np.ndarray],
    index: Index,
    split: Split,
) -> None:
    """Write one row a task and labelled image that the first round validated or tested.

    In git, so that a review sees which answers change; so what lies elsewhere is left
    out: training images and further rounds (`data/predictions`), paths (`index.csv`).
    A group is named by one of its images; where that is the image itself, or it is
    alone, the column is empty.

    The probability is that of the predicted class; of several, that of the least
    certain one; of none, that of the most probable class.
    """

    def rows() -> Iterator[tuple[object, ...]]:
        parts = split.parts[0]
        shown = np.flatnonzero((parts == "validation") | (parts == "test"))
        for task in index.tasks:
            labelled = task.is_labelled(task.encode(index.cells[task.name]))
            for row in shown[labelled[shown]].tolist():
                answer = predicted[task.name][0, row].astype(bool)
                values = predictions[task.name].probabilities[0, row]
                probability = values[answer].min() if answer.any() else values.max()
                image_id, group = index.image_ids[row], split.groups[row]
                yield (
                    image_id,
                    "" if group == image_id else group,
                    parts[row],
                    task.name,
                    index.cells[task.name][row],
                    task.join_cell(answer),
                    f"{probability:.3f}",
                )

    header = ["image_id", "group", "part", "task", "actual", "predicted", "probability"]
    write_table(path, header, rows())


def write_confusion(
    path: Path,
    tasks: Sequence[Task],
    predicted: Mapping[str, np.ndarray],
    cells: Mapping[str, Sequence[str]],
    split: Split,
) -> None:
    """Write how many test images of all rounds are (task, actual, predicted).

    Classes stand so that those which are confused lie together; where the first rows,
    of what is right, name them all, any plot finds that order. `share` is of the images
    of the actual class. A multilabel task has rows a class: whether it was there and
    was found. One file for
    all tasks, so that none of an earlier data set's can stay behind.

    Args:
        path: of the table.
        tasks: all tasks.
        predicted: (rounds, N, C) of 0 and 1, by task name.
        cells: the labels of each image, by task name.
        split: of the images.
    """
    numbers, images = np.nonzero(split.parts == "test")

    def rows() -> Iterator[tuple[object, ...]]:
        for task in tasks:
            targets = task.encode(cells[task.name])[images].astype(int)
            answers = predicted[task.name][numbers, images].astype(int)
            for names, actual, answered in _choices(task, targets, answers):
                counts = actual.T @ answered
                order = order_confused(counts)
                shown = [n for n in order if counts[n].any() or counts[:, n].any()]
                pairs = [(n, n) for n in shown]
                pairs += [
                    (a, b) for a in shown for b in shown if a != b and counts[a, b]
                ]
                for first, second in pairs:
                    count = int(counts[first, second])
                    share = count / max(int(counts[first].sum()), 1)
                    yield (
                        task.name,
                        in_page(names[first]),
                        in_page(names[second]),
                        count,
                        f"{share:.4f}",
                    )

    write_table(path, ["task", "actual", "predicted", "images", "share"], rows())


def in_page(name: str) -> str:
    """Return a name that ends no script: DVC writes plots into pages as they are.

    What is added has no width.
    """
    return re.sub(r"<(?=[/!]|script)", "<\N{WORD JOINER}", name, flags=re.IGNORECASE)


def _choices(
    task: Task, targets: np.ndarray, answers: np.ndarray
) -> Iterator[tuple[Sequence[str], np.ndarray, np.ndarray]]:
    """Yield the names of what one of is right, and what was, and what was answered."""
    if task.kind == "multiclass":
        yield task.class_names, targets, answers
        return
    for name, has_class, is_found in zip(
        task.class_names, targets.T, answers.T, strict=True
    ):
        yield (
            (name, f"no {name}"),
            np.stack([has_class, 1 - has_class], axis=1),
            np.stack([is_found, 1 - is_found], axis=1),
        )


def write_learning_curves(path: Path, curves: Path) -> None:
    """Merge the curves of all fits, without those of cross-validation folds.

    Further rounds than the first have their losses alone: it lies in git, and is small.
    """

    def rows() -> Iterator[tuple[object, ...]]:
        fits = sorted(curves.glob("round*/*"), key=lambda fit: (_round_of(fit), fit))
        for fit in fits:
            if "-fold" in fit.name or not fit.is_dir():
                continue
            for file in sorted((fit / "plots" / "metrics").rglob("*.tsv")):
                if _round_of(fit) and file.stem != "loss":
                    continue
                for line in file.read_text(encoding="utf-8").splitlines()[1:]:
                    step, value = line.split("\t")
                    curve = f"{fit.name} {file.parent.name}"
                    number = f"{float(value):.{DIGITS}g}"
                    yield curve, file.stem, _round_of(fit), step, number

    write_table(path, ["curve", "metric", "round", "epoch", "value"], rows())


def _round_of(fit: Path) -> int:
    return int(fit.parent.name.removeprefix("round"))


def write_strengths(path: Path, curves: Path) -> None:
    """Copy what the first round compared for its solved heads."""
    shutil.copyfile(curves / "round0" / strengths.FILE, path)
