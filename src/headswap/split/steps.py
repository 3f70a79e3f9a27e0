"""The one move or swap of groups between two parts that mends a deal most.

A step is looked for among kinds of groups, not among groups, and a swap only between
parts where a bound on what it can gain leaves hope to beat the best step until then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

# Pairs of kinds that a step looks at, at most, in each direction.
MAX_PAIRED = 256
# Pairs that are looked at at once: what comes later is often without hope by then.
MAX_AT_ONCE = MAX_PAIRED**2

# Of one group each: out of a part, into a part, of a kind.
Moves = Sequence[tuple[int, int, int]]


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

    @cached_property
    def sparse(self) -> csr_array:
        """`holds` without its zeros: of many classes a group has few."""
        return csr_array(self.holds)

    @cached_property
    def is_shared(self) -> np.ndarray:
        """Whether several kinds hold a class, (C,) bool."""
        return (self.holds > 0).sum(axis=0) > 1

    def allocate(self, ends: np.ndarray) -> np.ndarray:
        """Return how many groups of each kind each part has, (parts, kinds) int."""
        return np.diff(ends, axis=0, prepend=0, append=self.numbers[None])

    def count(self, ends: np.ndarray) -> np.ndarray:
        """Return how many images of each class each part has, (parts, C)."""
        return (self.sparse.T @ self.allocate(ends).T).T

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


class Steps:
    """Finds steps, for as long as deviations weigh the same.

    Moving a group with v images a class from part a to part b, whose counts are d
    above their targets, changes the sum of w d² by 2 v (w_b d_b - w_a d_a) +
    (w_a + w_b) v²; a swap is a move of the difference of two groups.

    Args:
        kinds: the groups.
        weights: of the deviations, (parts, C).
    """

    def __init__(self, kinds: Kinds, weights: np.ndarray):
        self._kinds = kinds
        self._weights = weights
        self._squares = (kinds.sparse**2 @ weights.T).T
        # Classes that no other kind has make no swap of two kinds gain or lose.
        self._shared = kinds.holds[:, kinds.is_shared]
        self._shared_weights = weights[:, kinds.is_shared]
        self._squares_shared = self._shared_weights @ (self._shared**2).T
        num_paired = min(len(kinds.numbers), MAX_PAIRED)
        self._at_once = MAX_AT_ONCE // num_paired**2
        # Less than this may be a rounding error.
        self._least = -1e-9 * weights.max()

    def best(self, ends: np.ndarray, deviation: np.ndarray) -> np.ndarray | None:
        """Return the ends after the step that lowers the cost most, or None.

        Args:
            ends: (parts - 1, kinds) int, where each part ends within each kind.
            deviation: of each part's counts from what they should be, (parts, C).
        """
        changes = self._moves(ends, deviation)
        source, target, kind = np.unravel_index(changes.argmin(), changes.shape)
        lowest: float = self._least
        moves: Moves = ()
        if changes[source, target, kind] < lowest:
            lowest = changes[source, target, kind]
            moves = [(int(source), int(target), int(kind))]
        sources, targets = np.triu_indices(len(changes), 1)
        # Where both groups of a swap hold u and v images of a class, it costs 2 w u v
        # less than its moves, and so w (u² + v²) less at the most.
        hopes = (changes - self._squares_shared[:, None] - self._squares_shared).min(2)
        bounds = hopes[sources, targets] + hopes[targets, sources]
        order = bounds.argsort()
        for start in range(0, len(order), self._at_once):
            places = order[start : start + self._at_once]
            places = places[bounds[places] < lowest]
            if not len(places):
                break
            change, swap = self._swap(changes, sources[places], targets[places])
            if change < lowest:
                lowest, moves = change, swap
        return _moved(ends, moves) if moves else None

    def _moves(self, ends: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """Return what moving a group changes, (parts, parts, kinds): from, to, of."""
        pull = 2 * (self._kinds.sparse @ (self._weights * deviation).T).T
        has_some = self._kinds.allocate(ends) > 0
        leaving = np.where(has_some, self._squares - pull, np.inf)
        entering = self._squares + pull
        up, down = (
            np.concatenate([np.zeros((1, ends.shape[1])), way.cumsum(axis=0)])
            for way in self._kinds.distances(ends)
        )
        is_later = np.tri(len(pull), k=-1, dtype=bool)[:, :, None]
        ways = np.where(is_later, up[:, None] - up, down - down[:, None])
        changes = leaving[:, None] + entering + ways
        changes[np.diag_indices(len(pull))] = np.inf
        return changes

    def _swap(
        self, changes: np.ndarray, sources: np.ndarray, targets: np.ndarray
    ) -> tuple[float, Moves]:
        """Return the best swap between pairs of parts, and what it changes."""
        there, back = changes[sources, targets], changes[targets, sources]
        out, into = _lowest(there), _lowest(back)
        both = self._shared_weights[sources] + self._shared_weights[targets]
        pairs = (
            np.take_along_axis(there, out, 1)[:, :, None]
            + np.take_along_axis(back, into, 1)[:, None]
        )
        pairs -= 2 * (self._shared[out] * both[:, None]) @ self._shared[into].mT
        pair, first, second = np.unravel_index(pairs.argmin(), pairs.shape)
        source, target = int(sources[pair]), int(targets[pair])
        leaves, comes = int(out[pair, first]), int(into[pair, second])
        moves = [(source, target, leaves), (target, source, comes)]
        return float(pairs[pair, first, second]), moves


def _lowest(values: np.ndarray) -> np.ndarray:
    """Return where each row's `MAX_PAIRED` lowest values are, in order of place."""
    if values.shape[1] <= MAX_PAIRED:
        return np.tile(np.arange(values.shape[1]), (len(values), 1))
    return np.sort(np.argpartition(values, MAX_PAIRED, axis=1)[:, :MAX_PAIRED], axis=1)


def _moved(ends: np.ndarray, moves: Moves) -> np.ndarray:
    """Return the ends after moves of single groups."""
    ends = ends.copy()
    for source, target, kind in moves:
        if source < target:
            ends[source:target, kind] -= 1
        else:
            ends[target:source, kind] += 1
    return ends
