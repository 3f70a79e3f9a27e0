"""How a run differs from the chosen one, and what tells that it does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headswap.artifacts.dataset.tasks import LABEL_SEPARATOR
from headswap.statistics.comparisons import difference_over_rounds, swap_groups
from headswap.statistics.rounds import FEWEST_ROUNDS, Rounds
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
    """

    value: float
    low: float | None
    high: float | None
    p: float | None


def difference_of(run: Run, chosen: Run, part: str) -> Difference:
    """Return how a run differs from the chosen one on a part, in what decides.

    Over rounds with different images by a corrected t; where all score the same ones,
    by swapping answers.
    """
    pair = run, chosen
    ours, theirs = (each.of_rounds(part) for each in pair)
    value = float(np.mean(ours) - np.mean(theirs))
    spreads = [run.intervals[task][part].get("spread") for task in run.tasks]
    if spreads[0] and len(ours) >= FEWEST_ROUNDS:
        spread = Rounds(**spreads[0])
        _, p = difference_over_rounds(ours, theirs, spread.factor, spread.degrees)
        half = spread.half_width(ours - theirs)
        return Difference(value, value - half, value + half, p)
    has_all_rounds = all(
        (part, task) in each.all_rounds for task in run.tasks for each in pair
    )
    if len(ours) == 1:
        return Difference(value, None, None, _swapped(run, chosen, part))
    if has_all_rounds:
        return Difference(value, None, None, _swapped_in_all_rounds(run, chosen, part))
    return Difference(value, None, None, None)


def _swapped(run: Run, chosen: Run, part: str) -> float:
    """Return the p of no difference in macro F1, of the tasks together (Bonferroni)."""
    found = []
    for task in run.tasks:
        rows, others = run.answers[part, task], chosen.answers[part, task]
        names = sorted(
            {name for row in rows for name in row["actual"].split(LABEL_SEPARATOR)}
        )
        of_images = [row["group"] or row["image_id"] for row in rows]
        _, groups = np.unique(of_images, return_inverse=True)
        actual, first, second = (
            _encode([row[column] for row in table], names)
            for table, column in (
                (rows, "actual"),
                (rows, "predicted"),
                (others, "predicted"),
            )
        )
        found.append(swap_groups(actual, first, second, groups)[1])
    return _of_tasks(found)


def _swapped_in_all_rounds(run: Run, chosen: Run, part: str) -> float:
    """Return the same where several rounds score the same images."""
    found = []
    for task in run.tasks:
        ours, theirs = (each.all_rounds[part, task] for each in (run, chosen))
        answers = ours.predicted, theirs.predicted
        found.append(swap_groups(ours.actual, *answers, ours.groups)[1])
    return _of_tasks(found)


def _of_tasks(p_values: Sequence[float]) -> float:
    return min(1.0, len(p_values) * min(p_values))


def _encode(cells: Sequence[str], names: Sequence[str]) -> np.ndarray:
    return np.array(
        [[name in cell.split(LABEL_SEPARATOR) for name in names] for cell in cells], int
    )
