"""Dealing whole groups into parts, so that each part has its share of every class.

One algorithm for one class an image or several, for one task, nested or crossed ones,
for single images or groups. Groups with the same labels can stand for one another, so
it is decided first how many of each kind a part gets (`_allocate`), and then which:
groups lie in the order of a hash of (seed, group), and each part takes its number from
there. So a group added or removed moves only groups at a boundary.
"""

import hashlib
from collections.abc import Sequence
from itertools import permutations

import numpy as np

from headswap.split.combinations import Combinations

# Pairs of kinds that a step of the repair looks at, at most, in each direction.
MAX_PAIRED = 256
# How often the repair goes on with more weight on the classes a part lacks.
MAX_ROUNDS = 20


def draw(
    groups: Sequence[np.ndarray],
    names: Sequence[str],
    combinations: Combinations,
    chances: np.ndarray,
    seed: Sequence[object],
) -> np.ndarray:
    """Return the part of each group, (groups,) int.

    Args:
        groups: positions of the images of each group.
        names: of the groups, unique.
        combinations: the labels of the images.
        chances: (parts, combinations), how likely an image goes to each part; the sum
            over the parts is 1.
        seed: of the draw.
    """
    kinds: dict[tuple[int, ...], list[int]] = {}
    for number, rows in enumerate(groups):
        kind = tuple(sorted(combinations.of_row[rows].tolist()))
        kinds.setdefault(kind, []).append(number)
    # In an order of the seed's, or ties would always favour the same classes.
    hashes = {kind: _hash(seed, _name(kind, combinations)) for kind in kinds}
    ordered = sorted(kinds, key=hashes.__getitem__)
    numbers = np.array([len(kinds[kind]) for kind in ordered])
    offsets = np.array([int.from_bytes(hashes[kind][:6]) for kind in ordered]) / 2**48
    allocation = _allocate(ordered, numbers, combinations, chances, offsets)
    parts = np.empty(len(groups), int)
    for kind, taken in zip(ordered, allocation.T, strict=True):
        in_order = sorted(kinds[kind], key=lambda number: _hash(seed, names[number]))
        parts[in_order] = np.repeat(np.arange(len(taken)), taken)
    return parts


def _name(kind: Sequence[int], combinations: Combinations) -> str:
    return "/".join(combinations.names[combination] for combination in kind)


def _hash(seed: Sequence[object], name: str) -> bytes:
    text = "/".join(map(str, [*seed, name]))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _allocate(
    kinds: Sequence[Sequence[int]],
    numbers: np.ndarray,
    combinations: Combinations,
    chances: np.ndarray,
    offsets: np.ndarray,
) -> np.ndarray:
    """Return how many groups of each kind go to each part, (parts, kinds) int.

    Args:
        kinds: the combinations of a group's images, for each kind.
        numbers: of groups, (kinds,).
        combinations: the labels of the images.
        chances: (parts, combinations).
        offsets: (kinds,) 0..1, from the seed.
    """
    # The last column counts images, so that parts have their share of all of them too.
    columns = np.column_stack([combinations.classes, np.ones(len(combinations.names))])
    holds = np.array([columns[list(kind)].sum(axis=0) for kind in kinds])
    likely = chances[:, :, None] * columns
    expected = np.stack([likely[:, list(kind)].sum(axis=1) for kind in kinds], axis=1)
    targets = np.einsum("k,pkc->pc", numbers, expected)
    ideal = numbers * expected[:, :, -1] / holds[:, -1]
    totals = numbers @ holds
    weights = np.broadcast_to(1 / np.maximum(totals, 1), targets.shape)
    return _repair(_round(ideal, offsets), holds, targets, weights)


def _round(ideal: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return whole numbers next to the ideal ones, (parts, kinds) int.

    Each is rounded up or down, so that the sum over the parts stays what it is. One
    offset a kind decides, so another group of one kind changes no other kind.

    Source: Madow 1949, "On the theory of systematic sampling, II".

    Args:
        ideal: (parts, kinds); the sums over the parts are whole.
        offsets: (kinds,) 0..1.
    """
    whole = np.rint(ideal.sum(axis=0))
    steps = np.minimum(np.floor(np.cumsum(ideal, axis=0) + offsets + 1e-9), whole)
    steps[-1] = whole  # Whatever the rounding errors.
    return np.diff(steps, axis=0, prepend=0).astype(int)


def _repair(
    allocation: np.ndarray,
    holds: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Return the allocation after moves and swaps of single groups have mended it.

    Deviations count with their square. While a part lacks a class altogether, that
    gap's weight grows, until other gaps are the smaller evil; and the smallest group
    that would fill it is what is aimed at, for less than a group cannot be had.
    """
    smallest = np.where(holds > 0, holds, np.inf).min(axis=0)
    best, fewest_gaps = allocation, None
    for _ in range(MAX_ROUNDS):
        allocation = _improve(allocation, holds, targets, weights)
        gaps = _gaps(allocation @ holds, targets)
        if fewest_gaps is None or gaps.sum() < fewest_gaps:
            best, fewest_gaps = allocation, gaps.sum()
        if not gaps.any():
            break
        weights = np.where(gaps, 3 * weights, weights)
        targets = np.where(gaps, np.maximum(targets, smallest), targets)
    return best


def _gaps(counts: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return which classes a part should have some of and has none, (parts, C) bool."""
    return (counts == 0) & (targets > 1e-9)


def _improve(
    allocation: np.ndarray,
    holds: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Return the allocation after the best move or swap, again and again.

    It ends when every class is in every part and less than an image from its target,
    or when no step lowers the sum of weighted squares any more.
    """
    previous, cost = allocation, np.inf
    while True:
        counts = allocation @ holds
        deviation = counts - targets
        before, cost = cost, (weights * deviation**2).sum()
        if cost >= before:  # Within rounding errors, the last step was none.
            return previous
        if np.abs(deviation).max() < 1 - 1e-9 and not _gaps(counts, targets).any():
            return allocation
        step = _best_step(allocation, holds, deviation, weights)
        if step is None:
            return allocation
        previous, allocation = allocation, allocation + step


def _lowest(values: np.ndarray) -> np.ndarray:
    """Return where the lowest values are, `MAX_PAIRED` at most, in order of place."""
    if len(values) <= MAX_PAIRED:
        return np.arange(len(values))
    return np.sort(np.argpartition(values, MAX_PAIRED)[:MAX_PAIRED])


def _best_step(
    allocation: np.ndarray,
    holds: np.ndarray,
    deviation: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray | None:
    """Return the change of the allocation that lowers the cost most, or None.

    Moving a group with v images a class from part a to part b, whose counts are d
    above their targets, changes the sum of w d² by 2 v (w_b d_b - w_a d_a) +
    (w_a + w_b) v²; a swap is a move of the difference of two groups.
    """
    pull = 2 * holds @ (weights * deviation).T
    squares = holds**2 @ weights.T
    # By moving a group (rows) out of a part and into a part (columns).
    leaving = np.where(allocation.T > 0, squares - pull, np.inf)
    entering = squares + pull
    lowest, step = 0.0, None
    for source, target in permutations(range(len(allocation)), 2):
        change = leaving[:, source] + entering[:, target]
        kind = change.argmin()
        if change[kind] < lowest:
            lowest, step = change[kind], [(source, target, kind)]
        if source > target:
            continue
        back = leaving[:, target] + entering[:, source]
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
    moved = np.zeros_like(allocation)
    for source, target, kind in step:
        moved[source, kind] -= 1
        moved[target, kind] += 1
    return moved
