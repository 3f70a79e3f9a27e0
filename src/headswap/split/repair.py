"""Mending a deal of groups by the fewest moves that give each part its share.

In: where each part ends among the groups of each kind, in the order of their hashes.
Out: the same, after boundaries were shifted until no class in any part is more than an
image from its share, or the nearest to it that was found.
"""

from dataclasses import dataclass, field
from itertools import permutations

import numpy as np

# Pairs of kinds that a step looks at, at most, in each direction.
MAX_PAIRED = 256
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


@dataclass(frozen=True)
class Kinds:
    """Groups by their labels: those of one kind can stand for one another.

    Attributes:
        hashes: (groups,) 0..1, kind after kind, ascending in each.
        numbers: of groups, (kinds,) int.
        holds: (kinds, C), how many images of each class a group has; last, of all.
        thresholds: (parts - 1, kinds) 0..1, up to which hash a part reaches.
        starts: where each kind starts among the groups, (kinds,) int.
    """

    hashes: np.ndarray
    numbers: np.ndarray
    holds: np.ndarray
    thresholds: np.ndarray
    starts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        starts = np.cumsum(self.numbers) - self.numbers
        object.__setattr__(self, "starts", starts)

    def allocate(self, ends: np.ndarray) -> np.ndarray:
        """Return how many groups of each kind each part has, (parts, kinds) int."""
        return np.diff(ends, axis=0, prepend=0, append=self.numbers[None])

    def distances(self, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what shifting each end up and down by a group costs.

        It is the images of the group times the way of its hash to the threshold, less
        than 0 where the group comes back to where its hash says. (parts - 1, kinds)
        both; ends that cannot be shifted have any value.
        """
        above = np.minimum(self.starts + ends, len(self.hashes) - 1)
        below = np.maximum(self.starts + ends - 1, 0)
        images = self.holds[:, -1]
        up = images * (self.hashes[above] - self.thresholds)
        down = images * (self.thresholds - self.hashes[below])
        return up, down


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
    needed = _needed(targets, kinds)
    aims = targets
    weights = FIRST_WEIGHT / np.maximum(kinds.numbers @ holds, 1) + 0 * targets
    limit = LARGEST_GROWTH * weights.max()
    worst = (np.inf, np.inf)
    best = ends
    while weights.max() <= limit:
        # A part that aims at more of a class becomes larger.
        tolerances = np.full(targets.shape, TOLERANCE)
        tolerances[:, -1] += 1 + np.abs(aims - targets)[:, :-1].sum(axis=1)
        bounds = aims - tolerances, aims + tolerances
        bounds = np.where(needed, np.maximum(bounds[0], 1), bounds[0]), bounds[1]
        ends = _improve(ends, kinds, aims, weights, bounds)
        counts = kinds.allocate(ends) @ holds
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
    while True:
        allocation = kinds.allocate(ends)
        counts = allocation @ kinds.holds
        if not _is_off(counts, bounds).any():
            return ends
        step = _best_step(ends, kinds, allocation, counts - aims, weights)
        if step is None:
            return ends
        ends = ends + step


def _lowest(values: np.ndarray) -> np.ndarray:
    """Return where the lowest values are, `MAX_PAIRED` at most, in order of place."""
    if len(values) <= MAX_PAIRED:
        return np.arange(len(values))
    return np.sort(np.argpartition(values, MAX_PAIRED)[:MAX_PAIRED])


def _best_step(
    ends: np.ndarray,
    kinds: Kinds,
    allocation: np.ndarray,
    deviation: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray | None:
    """Return the change of the ends that lowers the cost most, or None.

    Moving a group with v images a class from part a to part b, whose counts are d
    above their targets, changes the sum of w d² by 2 v (w_b d_b - w_a d_a) +
    (w_a + w_b) v²; a swap is a move of the difference of two groups.
    """
    holds = kinds.holds
    pull = 2 * holds @ (weights * deviation).T
    squares = holds**2 @ weights.T
    up, down = kinds.distances(ends)
    # By moving a group (rows) out of a part and into a part (columns).
    leaving = np.where(allocation.T > 0, squares - pull, np.inf)
    entering = squares + pull
    changes = {}
    for source, target in permutations(range(len(allocation)), 2):
        way = down[source:target] if source < target else up[target:source]
        changes[source, target] = (
            leaving[:, source] + entering[:, target] + way.sum(axis=0)
        )
    # Less than this may be a rounding error.
    lowest, step = -1e-9 * weights.max(), None
    for (source, target), change in changes.items():
        kind = change.argmin()
        if change[kind] < lowest:
            lowest, step = change[kind], [(source, target, kind)]
        if source > target:
            continue
        back = changes[target, source]
        out, into = _lowest(change), _lowest(back)
        both = weights[source] + weights[target]
        pairs = change[out][:, None] + back[into]
        pairs -= 2 * (holds[out] * both) @ holds[into].T
        first, second = np.unravel_index(pairs.argmin(), pairs.shape)
        if pairs[first, second] < lowest:
            lowest = pairs[first, second]
            step = [(source, target, out[first]), (target, source, into[second])]
    if step is None:
        return None
    shift = np.zeros_like(ends)
    for source, target, kind in step:
        if source < target:
            shift[source:target, kind] -= 1
        else:
            shift[target:source, kind] += 1
    return shift
