"""How far the probabilities can be believed: figures, and tables for plots.

`reliability.csv` and `coverage.csv` are of the test images of all rounds.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import PARTS, Split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.predictions import Predictions
from headswap.artifacts.storage.tables import write_table
from headswap.evaluate.answers import ERROR, FALSE_ALARMS, Answers
from headswap.evaluate.report import Figures
from headswap.statistics.calibration import (
    Reliability,
    brier_losses,
    coverage,
    is_among_first,
    log_losses,
    reliability,
)

# Of tasks with more classes, being nearly right is a figure too.
MANY_CLASSES = 10
FIRST = 5
DIGITS = 4


def mean_figures(
    targets: np.ndarray, probabilities: np.ndarray, task: Task
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return what of each image figures are means of, (rounds, N) each, by metric.

    First those of 0 and 1, then losses, which have no upper bound.

    Args:
        targets: (N, C) of 0 and 1.
        probabilities: (rounds, N, C).
        task: whose they are.
    """
    shares = {}
    if task.kind == "multiclass" and task.num_classes > MANY_CLASSES:
        shares[f"top_{FIRST}_accuracy"] = np.stack(
            [is_among_first(targets, each, FIRST) for each in probabilities]
        )
    losses = {
        name: np.stack([function(targets, each, task.kind) for each in probabilities])
        for name, function in (("log_loss", log_losses), ("brier_loss", brier_losses))
    }
    return shares, losses


def add_certainty(
    figures: Figures, task: Task, answers: Answers, split: Split
) -> Reliability | None:
    """Add to a task's figures those of `mean_figures`, and of calibration on test.

    Returned is the latter: of all rounds together, for a mean of errors scatters less
    than its band says; None where nothing was tested.

    Args:
        figures: of all tasks.
        task: whose they are.
        answers: of the task.
        split: of the N images.
    """
    assert answers.targets is not None and answers.probabilities is not None
    is_labelled = task.is_labelled(answers.targets)
    for part in PARTS:
        added = {**answers.shares, **answers.losses}
        if part != "test":
            added.pop(FALSE_ALARMS, None)
        for number, figures_of_round in enumerate(figures.get((task.name, part), [])):
            rows = np.flatnonzero((split.parts[number] == part) & is_labelled)
            for name, values in added.items():
                if name not in figures_of_round:
                    figures_of_round[name] = float(values[number, rows].mean())
    rounds, images = np.nonzero((split.parts == "test") & is_labelled)
    if not len(images):
        return None
    truth, likely = answers.targets[images], answers.probabilities[rounds, images]
    found = reliability(*_top(truth, likely), images)
    for figures_of_round in figures.get((task.name, "test"), []):
        figures_of_round |= {
            ERROR: found.error,
            f"{ERROR}_perfect_low": found.error_low,
            f"{ERROR}_perfect_high": found.error_high,
        }
    return found


def _top(
    targets: np.ndarray, probabilities: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how sure the most probable class is, and whether it is right, (N,)."""
    rows, top = np.arange(len(targets)), probabilities.argmax(axis=1)
    return probabilities[rows, top], targets[rows, top]


def write_certainty(
    folder: Path,
    index: Index,
    split: Split,
    predictions: Mapping[str, Predictions],
    predicted: Mapping[str, np.ndarray],
    calibration: Mapping[str, Reliability | None],
) -> None:
    """Write `reliability.csv` and `coverage.csv`.

    Args:
        folder: to write to.
        index: of the N images.
        split: of the N images.
        predictions: by task name.
        predicted: (rounds, N, C) of 0 and 1, by task name.
        calibration: of `add_certainty`, by task name.
    """
    bins: list[Sequence[object]] = []
    shares: list[Sequence[object]] = []
    for task in index.tasks:
        targets = task.encode(index.cells[task.name])
        is_scored = (split.parts == "test") & task.is_labelled(targets)
        rounds, images = np.nonzero(is_scored)
        if found := calibration[task.name]:
            truth = targets[images]
            likely = predictions[task.name].probabilities[rounds, images]
            answers = predicted[task.name][rounds, images]
            bins += _bins(task.name, found)
            shares += _shares(task, truth, likely, answers)
    write_table(
        folder / "reliability.csv",
        ["task", "bin", "confidence", "accuracy", "count", "low", "high"],
        bins,
    )
    write_table(folder / "coverage.csv", ["task", "coverage", "error"], shares)


def _bins(name: str, found: Reliability) -> Iterator[Sequence[object]]:
    """Yield one row a bin."""
    columns = (found.confidence, found.accuracy, found.count, found.low, found.high)
    for number, (confidence, accuracy, count, *band) in enumerate(
        zip(*columns, strict=True), 1
    ):
        shares = [_cell(value) for value in (confidence, accuracy)]
        yield [name, number, *shares, count, *map(_cell, band)]


def _shares(
    task: Task, targets: np.ndarray, probabilities: np.ndarray, answers: np.ndarray
) -> Iterator[Sequence[object]]:
    """Yield one row a share of the answers.

    An answer is as sure as all that it says together: of several labels, also which
    are not there.
    """
    likely = probabilities.astype(np.float64)
    if task.kind == "multilabel":
        confidence = np.where(answers, likely, 1 - likely).prod(axis=1)
    else:
        confidence = (likely * answers).sum(axis=1)
    is_right = (targets == answers).all(axis=1)
    for share, error in coverage(confidence, is_right):
        yield [task.name, _cell(share), _cell(error)]


def _cell(value: float) -> str:
    return f"{value:.{DIGITS}f}"
