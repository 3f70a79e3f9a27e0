"""Which differences between runs are real: tests, and what they could have shown."""

from collections.abc import Sequence

import numpy as np

SIGNIFICANCE = 0.05
_POWER = 0.8
_NUM_SWAPS = 10_000
_SEED = 0
# Answers swapped at a time: 32 MB in float64.
_BLOCK = 4_000_000


def difference_over_rounds(
    first: Sequence[float] | np.ndarray,
    second: Sequence[float] | np.ndarray,
    factor: float,
    degrees: int,
) -> tuple[float, float]:
    """Return how much a mean over rounds is above another, and the p of no difference.

    Args:
        first: a value a round.
        second: of another run in the same rounds.
        factor: of the deviation, as `Rounds` says.
        degrees: of freedom, likewise.

    Source: Nadeau and Bengio (2003), Machine Learning 52, 239-281, the corrected
    resampled t-test.
    """
    from scipy import stats

    differences = np.subtract(first, second)
    mean = float(differences.mean())
    error = factor * differences.std(ddof=1)
    # Rounding leaves a deviation where there is none.
    if error < 1e-12:
        return mean, 1.0 if abs(mean) < 1e-12 else 0.0
    return mean, float(2 * stats.t.sf(abs(mean) / error, degrees))


def swap_groups(
    actual: np.ndarray, first: np.ndarray, second: np.ndarray, groups: np.ndarray
) -> tuple[float, float]:
    """Return how much the macro F1 is above another's, and the p of no difference.

    If two runs are alike, their answers can be swapped: those to all images of a group
    at once, for each group by the toss of a coin.

    Args:
        actual: the classes, (N, C) of 0 and 1.
        first: a run's answers, (N, C) of 0 and 1; or (rounds, N, C) where several
            rounds answer the same images, whose mean F1 counts then.
        second: another run's answers.
        groups: of each image, (N,) int from 0 on.

    Source: Noreen (1989), "Computer-Intensive Methods for Testing Hypotheses", for
    approximate randomisation; p as in Phipson and Smyth (2010).
    """
    num_groups, num_classes = int(groups.max()) + 1, actual.shape[1]
    first, second = (x.reshape(-1, *actual.shape) for x in (first, second))
    num_rounds = len(first)
    # Of each run: right answers and all answers, by group, round and class.
    sums = np.zeros((2, 2, num_groups, num_rounds, num_classes))
    for run, answers in enumerate((first, second)):
        by_image = answers.transpose(1, 0, 2)
        np.add.at(sums[run, 0], groups, actual[:, None] * by_image)
        np.add.at(sums[run, 1], groups, by_image)
    support = actual.sum(axis=0)
    change = sums[1] - sums[0]
    differs = np.flatnonzero(change.any(axis=(0, 2, 3)))
    totals = sums.sum(axis=2)
    observed = _macro_f1(totals[0, 0], totals[0, 1], support) - _macro_f1(
        totals[1, 0], totals[1, 1], support
    )
    if not len(differs):
        return 0.0, 1.0
    random = np.random.default_rng(_SEED)
    at_least = 0
    block = max(1, _BLOCK // (len(differs) + num_rounds * num_classes))
    for start in range(0, _NUM_SWAPS, block):
        swaps = random.integers(0, 2, (min(block, _NUM_SWAPS - start), len(differs)))
        moved = np.tensordot(swaps, change[:, differs], (1, 1)).swapaxes(0, 1)
        one = _macro_f1(totals[0, 0] + moved[0], totals[0, 1] + moved[1], support)
        other = _macro_f1(totals[1, 0] - moved[0], totals[1, 1] - moved[1], support)
        at_least += int((np.abs(one - other) >= abs(observed) - 1e-12).sum())
    return float(observed), (at_least + 1) / (_NUM_SWAPS + 1)


def _macro_f1(hits: np.ndarray, named: np.ndarray, support: np.ndarray) -> np.ndarray:
    is_there = support > 0
    f1 = 2 * hits / np.maximum(named + support, 1)
    return f1[..., is_there].mean(axis=(-2, -1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values that may be looked at together, in their order.

    Source: Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    order = np.argsort(p_values, kind="stable")
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, position in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = largest
    return adjusted


def groups_needed(disagreeing: float, difference: float) -> int:
    """Return the test groups that show a difference in four tests of five.

    Args:
        disagreeing: share of the answers in which two runs differ in being right; at
            least the difference.
        difference: of the shares right that is to be seen.

    Source: Connor (1987), Biometrics 43, 207-211; two-sided 5 %, power 80 %.
    """
    from scipy import stats

    alpha, beta = stats.norm.ppf([1 - SIGNIFICANCE / 2, _POWER])
    spread = max(disagreeing, difference)
    root = alpha * np.sqrt(spread) + beta * np.sqrt(spread - difference**2)
    return int(np.ceil(root**2 / difference**2))


def smallest_difference(disagreeing: float, num_groups: int) -> float:
    """Return the smallest difference that so many test groups show in four of five.

    Args:
        disagreeing: share of the answers in which two runs differ in being right.
        num_groups: of the test part.
    """
    low, high = 1e-6, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        if groups_needed(disagreeing, middle) <= num_groups:
            high = middle
        else:
            low = middle
    return high
