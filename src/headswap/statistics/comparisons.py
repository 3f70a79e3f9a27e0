"""Which differences between runs are real: tests, and what they could have shown."""

from collections.abc import Sequence

import numpy as np

SIGNIFICANCE = 0.05
_POWER = 0.8


def difference_over_rounds(
    first: Sequence[float] | np.ndarray,
    second: Sequence[float] | np.ndarray,
    factor: float,
    degrees: int,
) -> tuple[float, float]:
    """Return how much a mean over rounds is above another, and the p of no difference.

    Differences that are all equal have no deviation to be judged by; then it is the p
    of the sign test, of so many rounds that all say the same.

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
        return mean, 1.0 if abs(mean) < 1e-12 else 0.5 ** (len(differences) - 1)
    return mean, float(2 * stats.t.sf(abs(mean) / error, degrees))


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
