"""Mending a deal of groups by the fewest moves that give each part its share.

In: where each part ends among the groups of each kind, in the order of their hashes.
Out: the same, after boundaries were shifted until no class in any part is more than an
image from its share, or the nearest to it that was found.
"""

import numpy as np

from headswap.split.steps import Kinds, Steps

# What a deviation weighs at first, against keeping groups where their hashes say; it
# grows by a factor wherever a part is off, up to the largest. A slow growth moves the
# fewest groups; the others are for where that finds no valid deal.
FIRST_WEIGHT = 0.2
LARGEST_GROWTH = 1e5
GROWTHS = (1.3, 2.0, 4.0, 1.5, 3.0)
# Images of a class that a part may be off.
TOLERANCE = 1 + 1e-9

# The fewest and the most images of each class in each part, (parts, C) both.
Bounds = tuple[np.ndarray, np.ndarray]


def repair(ends: np.ndarray, kinds: Kinds, targets: np.ndarray) -> np.ndarray:
    """Return the ends after moves and swaps of single groups have mended them.

    Args:
        ends: (parts - 1, kinds) int, how many groups of a kind are in a part or before.
        kinds: the groups.
        targets: (parts, C), how many images of each class a part should have.
    """
    worst = (np.inf, np.inf)
    best = ends
    for growth in GROWTHS:
        found, fault = _grow(ends, kinds, targets, growth)
        if fault < worst:
            best, worst = found, fault
        if worst == (0, 0):
            break
    return best


def _grow(
    ends: np.ndarray, kinds: Kinds, targets: np.ndarray, growth: float
) -> tuple[np.ndarray, tuple[float, float]]:
    """Return the best ends found while weights grow, and (gaps, images off).

    Deviations count with their square. Where a part is off, that deviation's weight
    grows, until others are the smaller evil; where it lacks a class altogether, before
    all others. What is then aimed at in that class is what whole groups can give.
    """
    holds = kinds.holds
    is_scarce = _is_scarce(targets, kinds)
    needed = _needed(targets, kinds) & ~is_scarce
    # A group of a scarce class has to lie somewhere, however large it is.
    largest = np.where(is_scarce, holds, 0).max(axis=0)
    aims = targets
    weights = FIRST_WEIGHT / np.maximum(kinds.numbers @ holds, 1) + 0 * targets
    limit = LARGEST_GROWTH * weights.max()
    worst = (np.inf, np.inf)
    best = ends
    while weights.max() <= limit:
        # A part that aims at more of a class becomes larger.
        tolerances = np.full(targets.shape, TOLERANCE)
        tolerances[:, -1] += 1 + np.abs(aims - targets)[:, :-1].sum(axis=1)
        tolerances[:, -1] = np.maximum(tolerances[:, -1], largest.max())
        fewest = np.where(is_scarce, 0, aims - tolerances)
        bounds = (
            np.where(needed, np.maximum(fewest, 1), fewest),
            np.maximum(aims + tolerances, largest),
        )
        ends = _improve(ends, kinds, aims, weights, bounds)
        counts = kinds.count(ends)
        off = _is_off(counts, bounds)
        if not off.any():
            return ends, (0, 0)
        gaps = needed & (counts == 0)
        fault = (gaps.sum(), np.abs(counts - targets)[:, :-1].max())
        if fault < worst:
            best, worst = ends, fault
        grown = gaps if gaps.any() else off
        weights = np.where(grown, growth * weights, weights)
        aims = np.where(
            gaps.any(axis=0), _in_whole_groups(targets, needed, holds), aims
        )
    return best, worst


def _needed(targets: np.ndarray, kinds: Kinds) -> np.ndarray:
    """Return which parts have to have some of a class, (parts, C) bool.

    They are all that should, or if the class has fewer groups, those with most of it.
    """
    num_groups = kinds.numbers @ (kinds.holds > 0)
    rank = np.argsort(np.argsort(-targets, axis=0, kind="stable"), axis=0)
    return (targets > 1e-9) & (rank < num_groups)


def _is_scarce(targets: np.ndarray, kinds: Kinds) -> np.ndarray:
    """Return which classes too few groups have for parts that should have equally much.

    No part needs such a class more than another: if the same ones always had it, they
    would have all scarce classes, and others next to nothing. (C,) bool.
    """
    num_groups = kinds.numbers @ (kinds.holds > 0)
    return (np.ptp(targets, axis=0) < 1e-9) & (num_groups < len(targets))


def _in_whole_groups(
    targets: np.ndarray, needed: np.ndarray, holds: np.ndarray
) -> np.ndarray:
    """Return targets of the smallest group of a class at least, (parts, C).

    Less than a group cannot be had; parts that have more give it as far as they can.
    """
    smallest = np.where(holds > 0, holds, np.inf).min(axis=0)
    least = np.where(needed, smallest, 0)
    spare = np.maximum(targets - least, 0)
    lacking = np.maximum(least - targets, 0).sum(axis=0)
    given = np.minimum(1, lacking / np.maximum(spare.sum(axis=0), 1e-9))
    return least + spare * (1 - given)


def _is_off(counts: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Return where a part has too few or too many of a class, (parts, C) bool."""
    return (counts < bounds[0]) | (counts > bounds[1])


def _improve(
    ends: np.ndarray,
    kinds: Kinds,
    aims: np.ndarray,
    weights: np.ndarray,
    bounds: Bounds,
) -> np.ndarray:
    """Return the ends after the best move or swap, again and again.

    It ends when no part is off any more, or no step lowers the cost: the weighted
    squares of the deviations, and how far groups are from where their hashes say.
    """
    steps = Steps(kinds, weights)
    while True:
        counts = kinds.count(ends)
        if not _is_off(counts, bounds).any():
            return ends
        mended = steps.best(ends, counts - aims)
        if mended is None:
            return ends
        ends = mended
