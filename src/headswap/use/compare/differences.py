"""How a run differs from the chosen one, and what tells that it does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headswap.artifacts.dataset.tasks import LABEL_SEPARATOR
from headswap.statistics.comparisons import difference_over_rounds
from headswap.statistics.paired import Answers, Paired
from headswap.statistics.rounds import FEWEST_ROUNDS, Rounds
from headswap.statistics.words import F1
from headswap.use.compare.runs import Run


@dataclass(frozen=True)
class Difference:
    """How a run differs from the chosen one, in what decides.

    Attributes:
        value: the run less the chosen one.
        low: lower bound of its interval, None where there is none.
        high: upper bound, or None.
        p: of no difference, None where nothing tells; on validation, adjusted for all
            comparisons with the chosen run.
        method: by which it was tested, or "".
    """

    value: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    method: str = ""


def difference_of(run: Run, chosen: Run, part: str) -> Difference:
    """Return how a run differs from the chosen one on a part, in what decides.

    Over rounds with different images by a corrected t; where all score the same ones,
    by swapping answers, and by resampling the images.
    """
    pair = run, chosen
    ours, theirs = (each.of_rounds(part) for each in pair)
    value = float(np.mean(ours) - np.mean(theirs))
    spreads = [run.intervals[task][part].get("spread") for task in run.tasks]
    if spreads[0] and len(ours) >= FEWEST_ROUNDS:
        spread = Rounds(**spreads[0])
        _, p = difference_over_rounds(ours, theirs, spread.factor, spread.degrees)
        half = spread.half_width(ours - theirs)
        if half < 1e-12:
            return Difference(value, p=p, method="all rounds differ alike")
        return Difference(value, value - half, value + half, p, spread.method)
    answers = [_answers(run, chosen, part, task) for task in run.tasks]
    known = [each for each in answers if each is not None]
    if len(known) < len(answers):
        return Difference(value)
    paired = Paired(known)
    interval, p = paired.interval(), paired.p_value()
    return Difference(value, interval.low, interval.high, p, "swapped answers")


def _answers(run: Run, chosen: Run, part: str, task: str) -> Answers | None:
    """Return both runs' answers in a task, None where they cannot be had."""
    by_rank = run.primary(task) != F1
    if len(run.of_rounds(part)) == 1 and not by_rank:
        return _of_one_round(run, chosen, part, task)
    ours, theirs = (each.all_rounds.get((part, task)) for each in (run, chosen))
    if ours is None or theirs is None:
        return None
    first, second = (
        each.probabilities if by_rank else each.predicted for each in (ours, theirs)
    )
    return Answers(ours.actual, first, second, ours.groups, by_rank)


def _of_one_round(run: Run, chosen: Run, part: str, task: str) -> Answers:
    rows, others = run.answers[part, task], chosen.answers[part, task]
    # An image may show none of several labels: its cell is empty then.
    names = sorted({x for row in rows for x in _labels(row["actual"])})
    actual, first, second = (
        _encode([row[column] for row in given], names)
        for given, column in (
            (rows, "actual"),
            (rows, "predicted"),
            (others, "predicted"),
        )
    )
    groups = np.array([row["group"] or row["image_id"] for row in rows])
    return Answers(actual, first, second, groups)


def _labels(cell: str) -> list[str]:
    return cell.split(LABEL_SEPARATOR) if cell else []


def _encode(cells: Sequence[str], names: Sequence[str]) -> np.ndarray:
    return np.array([[name in _labels(cell) for name in names] for cell in cells], int)
