"""evaluate: predictions -> figures for people, for git and for `dvc metrics diff`.

Out, in one folder: `evaluate.json` ({task: {part: {metric: value}}}; means over the
repeats, with `<metric>_std` beside them where there are several), `repeats.csv` (every
repeat), `classes.csv` (every class), `predictions.csv` (every image), and for plots
`confusion/<task>.csv` (test images) and `learning_curves.csv`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from headswap.index import PARTS, Index, Split
from headswap.metrics import CLASS_SCORES, Scores, score
from headswap.predictions import Predictions
from headswap.relations import Relation
from headswap.tables import PathLike, write_table
from headswap.tasks import LABEL_SEPARATOR, Task
from headswap.thresholds import decide

DIGITS = 6

# (task or relation, part) -> {metric: value} of each repeat.
Figures = dict[tuple[str, str], list[dict[str, float]]]


def evaluate(
    predictions: Mapping[str, Predictions],
    index: Index,
    split: Split,
    curves_folder: PathLike,
    output: PathLike,
) -> None:
    """Write the metrics folder.

    Args:
        predictions: by task name.
        index: of the N images.
        split: of the N images.
        curves_folder: learning curves, one folder a repeat and fit.
        output: folder to write.
    """
    folder = Path(output)
    (folder / "confusion").mkdir(parents=True, exist_ok=True)
    predicted = {
        task.name: _decide(predictions[task.name], task) for task in index.tasks
    }
    scores = {
        (task.name, part): _score(
            task, index, split, part, predictions[task.name], predicted[task.name]
        )
        for task in index.tasks
        for part in PARTS
        if (split.parts == part).any()
    }
    figures: Figures = {
        key: [repeat.overall for repeat in repeats] for key, repeats in scores.items()
    }
    for relation in index.relations:
        figures.update(_relate(relation, index, split, predicted))
    _warn(index.tasks, scores)
    _write_json(folder / "evaluate.json", figures)
    _write_repeats(folder / "repeats.csv", figures)
    _write_classes(folder / "classes.csv", index.tasks, scores)
    _write_predictions(folder / "predictions.csv", predictions, predicted, index, split)
    for task in index.tasks:
        _write_confusion(
            folder / "confusion" / f"{task.name}.csv",
            task,
            predicted[task.name],
            index.cells[task.name],
            split,
        )
    _write_learning_curves(folder / "learning_curves.csv", Path(curves_folder))


def _decide(predictions: Predictions, task: Task) -> np.ndarray:
    """Return a task's predictions, (repeats, N, C) of 0 and 1."""
    thresholds = predictions.thresholds
    return np.stack(
        [
            decide(
                probabilities,
                task.kind,
                None if thresholds is None else thresholds[repeat],
            )
            for repeat, probabilities in enumerate(predictions.probabilities)
        ]
    )


def _score(
    task: Task,
    index: Index,
    split: Split,
    part: str,
    predictions: Predictions,
    predicted: np.ndarray,
) -> list[Scores]:
    """Return the scores of each repeat."""
    targets = task.encode(index.cells[task.name])
    return [
        score(
            targets[rows],
            predictions.probabilities[repeat, rows],
            predicted[repeat, rows],
            task.kind,
        )
        for repeat, rows in enumerate(split.parts == part)
    ]


def _relate(
    relation: Relation, index: Index, split: Split, predicted: Mapping[str, np.ndarray]
) -> Figures:
    """Return how well two tasks' predictions go together.

    Consistency is the share of images whose predicted finer class lies in the predicted
    coarser class; joint accuracy the share with both right.
    """
    tasks = {task.name: task for task in index.tasks}
    finer, coarser = tasks[relation.finer], tasks[relation.coarser]
    parent = np.array(
        [
            coarser.class_names.index(relation.parents[name])
            for name in finer.class_names
        ]
    )
    fine = predicted[finer.name].argmax(axis=2)
    coarse = predicted[coarser.name].argmax(axis=2)
    fine_truth = finer.encode(index.cells[finer.name]).argmax(axis=1)
    coarse_truth = coarser.encode(index.cells[coarser.name]).argmax(axis=1)
    consistent = parent[fine] == coarse
    right = (fine == fine_truth) & (coarse == coarse_truth)
    return {
        (relation.name, part): [
            {
                "consistency": float(consistent[repeat, rows].mean()),
                "joint_accuracy": float(right[repeat, rows].mean()),
            }
            for repeat, rows in enumerate(split.parts == part)
        ]
        for part in PARTS
        if (split.parts == part).any()
    }


def _warn(
    tasks: Sequence[Task], scores: Mapping[tuple[str, str], list[Scores]]
) -> None:
    """Say which classes are left out of an average, and which are never found."""
    for task in tasks:
        for part in PARTS:
            repeats = scores.get((task.name, part), [])
            absent = {
                task.class_names[i]
                for repeat in repeats
                for i in np.flatnonzero(repeat.support == 0)
            }
            blind = {
                task.class_names[i]
                for repeat in repeats
                for i in np.flatnonzero(repeat.is_blind)
            }
            if absent:
                print(
                    f"{task.name}, {part}: averages leave out classes without images: "
                    f"{', '.join(sorted(absent))}"
                )
            if blind:
                print(
                    f"warning: {task.name}, {part}: accuracy is above 0.5 but these "
                    f"classes are never found (recall 0): {', '.join(sorted(blind))}"
                )


def _write_json(path: Path, figures: Figures) -> None:
    report: dict[str, dict[str, dict[str, float]]] = {}
    for (name, part), repeats in figures.items():
        report.setdefault(name, {})[part] = values = {}
        for metric in repeats[0]:
            column = np.array([repeat[metric] for repeat in repeats])
            if np.isnan(column).any():
                print(f"{name}, {part}: {metric} is left out, it has no value")
                continue
            values[metric] = round(float(column.mean()), DIGITS)
            if len(column) > 1:
                values[f"{metric}_std"] = round(float(column.std(ddof=1)), DIGITS)
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _write_repeats(path: Path, figures: Figures) -> None:
    write_table(
        path,
        ["name", "part", "repeat", "metric", "value"],
        (
            (name, part, number, metric, _cell(value))
            for (name, part), repeats in figures.items()
            for number, repeat in enumerate(repeats)
            for metric, value in repeat.items()
        ),
    )


def _write_classes(
    path: Path, tasks: Sequence[Task], scores: Mapping[tuple[str, str], list[Scores]]
) -> None:
    def rows() -> Iterator[list[object]]:
        for task in tasks:
            for part in PARTS:
                repeats = scores.get((task.name, part), [])
                for number, class_name in enumerate(
                    task.class_names if repeats else ()
                ):
                    values = [
                        _mean([repeat.per_class[metric][number] for repeat in repeats])
                        for metric in CLASS_SCORES
                    ]
                    support = np.mean([repeat.support[number] for repeat in repeats])
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


def _write_predictions(
    path: Path,
    predictions: Mapping[str, Predictions],
    predicted: Mapping[str, np.ndarray],
    index: Index,
    split: Split,
) -> None:
    """Write one row an image, task and repeat.

    The probability is that of the predicted class; of several, that of the least
    certain one; of none, that of the most probable class.
    """

    def rows() -> Iterator[tuple[object, ...]]:
        for task in index.tasks:
            for repeat, parts in enumerate(split.parts):
                for row, part in enumerate(parts):
                    answer = predicted[task.name][repeat, row].astype(bool)
                    values = predictions[task.name].probabilities[repeat, row]
                    probability = values[answer].min() if answer.any() else values.max()
                    yield (
                        repeat,
                        task.name,
                        part,
                        index.image_ids[row],
                        index.paths[row],
                        index.cells[task.name][row],
                        _names(task, answer),
                        f"{probability:.4f}",
                    )

    header = ["repeat", "task", "part", "image_id", "path"]
    write_table(path, [*header, "actual", "predicted", "probability"], rows())


def _write_confusion(
    path: Path, task: Task, predicted: np.ndarray, cells: Sequence[str], split: Split
) -> None:
    """Write (actual, predicted) of test images; for multilabel, class by class."""

    def rows() -> Iterator[tuple[str, str]]:
        for repeat, row in zip(*np.nonzero(split.parts == "test"), strict=True):
            if task.kind == "multiclass":
                yield cells[row], _names(task, predicted[repeat, row])
                continue
            actual = set(task.split_cell(cells[row]))
            for number, name in enumerate(task.class_names):
                answer = bool(predicted[repeat, row, number])
                yield _yes_or_no(name, name in actual), _yes_or_no(name, answer)

    write_table(path, ["actual", "predicted"], rows())


def _yes_or_no(class_name: str, answer: bool) -> str:
    return class_name if answer else f"no {class_name}"


def _write_learning_curves(path: Path, curves: Path) -> None:
    """Merge the first repeat's curves, without those of cross-validation folds."""

    def rows() -> Iterator[tuple[str, str, str, str]]:
        for fit in sorted((curves / "repeat0").iterdir()):
            if "_fold" in fit.name:
                continue
            for file in sorted((fit / "plots" / "metrics").rglob("*.tsv")):
                for line in file.read_text(encoding="utf-8").splitlines()[1:]:
                    step, value = line.split("\t")
                    curve = f"{fit.name} {file.parent.name}"
                    yield curve, file.stem, step, f"{float(value):.{DIGITS}g}"

    write_table(path, ["curve", "metric", "epoch", "value"], rows())
