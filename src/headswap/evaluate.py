"""evaluate: predictions -> figures for people, for git and for `dvc metrics diff`.

Out, in one folder: `evaluate.json` ({task: {part: {metric: value}}}; means over the
repeats, with `<metric>_std` beside them where there are several), `repeats.csv` (every
repeat), `classes.csv` (every class), `predictions.csv` (every image), and for plots
`confusion/<task>.csv` (test images) and `learning_curves.csv`.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from headswap.index import PARTS, Index
from headswap.metrics import CLASS_SCORES, Scores, score
from headswap.tables import PathLike, write_table
from headswap.tasks import Task

DIGITS = 6


def evaluate(
    predictions: Mapping[str, np.ndarray],
    index: Index,
    parts: np.ndarray,
    curves_folder: PathLike,
    output: PathLike,
) -> None:
    """Write the metrics folder.

    Args:
        predictions: (repeats, N, num_classes) float32 by task name.
        index: of the N images.
        parts: (repeats, N) str.
        curves_folder: learning curves, one folder a repeat and fit.
        output: folder to write.
    """
    folder = Path(output)
    (folder / "confusion").mkdir(parents=True, exist_ok=True)
    scores = {
        (task.name, part): [
            score(targets[rows], predictions[task.name][repeat][rows])
            for repeat, rows in enumerate(parts == part)
        ]
        for task in index.tasks
        for targets in [task.encode(index.cells[task.name])]
        for part in PARTS
    }
    _write_json(folder / "evaluate.json", index.tasks, scores)
    _write_repeats(folder / "repeats.csv", scores)
    _write_classes(folder / "classes.csv", index.tasks, scores)
    _write_predictions(folder / "predictions.csv", predictions, index, parts)
    for task in index.tasks:
        _write_confusion(
            folder / "confusion" / f"{task.name}.csv",
            task,
            predictions[task.name],
            index.cells[task.name],
            parts,
        )
    _write_learning_curves(folder / "learning_curves.csv", Path(curves_folder))


def _write_json(
    path: Path, tasks: list[Task], scores: Mapping[tuple[str, str], list[Scores]]
) -> None:
    report: dict[str, dict[str, dict[str, float]]] = {}
    for (task, part), repeats in scores.items():
        figures = {}
        for name in repeats[0].overall:
            values = np.array([repeat.overall[name] for repeat in repeats])
            if np.isnan(values).any():
                print(f"{task}, {part}: {name} is left out, no class has both answers")
                continue
            figures[name] = round(float(values.mean()), DIGITS)
            if len(values) > 1:
                figures[f"{name}_std"] = round(float(values.std(ddof=1)), DIGITS)
        report.setdefault(task, {})[part] = figures
    for task in tasks:
        for part in PARTS:
            absent = np.any([s.support == 0 for s in scores[task.name, part]], axis=0)
            if absent.any():
                names = [task.class_names[i] for i in np.flatnonzero(absent)]
                print(f"{task.name}, {part}: averages leave out {', '.join(names)}")
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _write_repeats(path: Path, scores: Mapping[tuple[str, str], list[Scores]]) -> None:
    names = list(next(iter(scores.values()))[0].overall)
    write_table(
        path,
        ["task", "part", "repeat", *names],
        (
            (task, part, number, *(_cell(repeat.overall[name]) for name in names))
            for (task, part), repeats in scores.items()
            for number, repeat in enumerate(repeats)
        ),
    )


def _write_classes(
    path: Path, tasks: list[Task], scores: Mapping[tuple[str, str], list[Scores]]
) -> None:
    def rows() -> Iterator[list[object]]:
        for task in tasks:
            for part in PARTS:
                repeats = scores[task.name, part]
                for number, class_name in enumerate(task.class_names):
                    figures = [
                        _mean([repeat.per_class[name][number] for repeat in repeats])
                        for name in CLASS_SCORES
                    ]
                    support = np.mean([repeat.support[number] for repeat in repeats])
                    yield [task.name, part, class_name, f"{support:g}", *figures]

    write_table(path, ["task", "part", "class", "support", *CLASS_SCORES], rows())


def _mean(values: list[float]) -> str:
    known = [value for value in values if not np.isnan(value)]
    return _cell(float(np.mean(known))) if known else ""


def _cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.{DIGITS}f}"


def _write_predictions(
    path: Path, predictions: Mapping[str, np.ndarray], index: Index, parts: np.ndarray
) -> None:
    header = ["repeat", "task", "part", "image_id", "path"]
    write_table(
        path,
        [*header, "actual", "predicted", "probability"],
        (
            (
                repeat,
                task.name,
                parts[repeat, row],
                index.image_ids[row],
                index.paths[row],
                index.cells[task.name][row],
                task.class_names[probabilities.argmax()],
                f"{probabilities.max():.4f}",
            )
            for task in index.tasks
            for repeat, repeat_predictions in enumerate(predictions[task.name])
            for row, probabilities in enumerate(repeat_predictions)
        ),
    )


def _write_confusion(
    path: Path, task: Task, predictions: np.ndarray, cells: list[str], parts: np.ndarray
) -> None:
    write_table(
        path,
        ["actual", "predicted"],
        (
            (cells[row], task.class_names[predictions[repeat, row].argmax()])
            for repeat, row in zip(*np.nonzero(parts == "test"), strict=True)
        ),
    )


def _write_learning_curves(path: Path, curves: Path) -> None:
    """Merge the first repeat's curves, without those of cross-validation folds."""

    def rows() -> Iterator[tuple[str, str, str, str, str]]:
        for fit in sorted((curves / "repeat0").iterdir()):
            for file in sorted((fit / "plots" / "metrics").rglob("*.tsv")):
                part, metric = file.parent.name, file.stem
                if "_fold" in fit.name:
                    continue
                for line in file.read_text().splitlines()[1:]:
                    step, value = line.split("\t")
                    yield fit.name, part, metric, step, f"{float(value):.{DIGITS}g}"

    write_table(path, ["fit", "part", "metric", "epoch", "value"], rows())
