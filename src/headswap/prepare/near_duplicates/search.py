"""Candidates: pictures whose looks nearly agree, in any of eight turns and flips.

Every look is compared with every other one, because no index helps where a quarter of
the bits may differ: first by the bits that no flip changes, as products of matrices of
1 and -1, and where these nearly agree by all. One block after the other on all cores,
so that memory grows with the pictures, not with their pairs.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from headswap.machine.parallel import map_in_order
from headswap.machine.progress import progress
from headswap.prepare.near_duplicates.looks import Looks

# Bits of 256 that differ at most; see `bench/near_duplicates.py` for what is found.
MAX_BITS = 64
# Candidates of a picture that are kept: a group of so many is not joined anyway.
NEAREST = 20
# Bits of the 64 that no flip changes: two pictures that differ in more of these hardly
# ever differ in so few of all. 1 pair of 80 remains to be compared as a whole.
_MAX_STEADY_BITS = 22
_NUM_BITS, _WORD = 256, 8
# Rows of a block, either way: its products stay in a core's cache.
_QUERIES, _TABLE = 512, 512
# Pairs that wait before all but the nearest are dropped.
_MAX_WAITING = 1_000_000


class Candidates(NamedTuple):
    """Pairs of pictures, first before second, in that order.

    Attributes:
        pairs: (P, 2) int.
        bits: (P,) int, in how many bits they differ where they differ least.
    """

    pairs: np.ndarray
    bits: np.ndarray


class _Task(NamedTuple):
    """Looks to compare with those of the table.

    Attributes:
        queries: (Q, 32) uint8.
        owners: (Q,) int.
        first: row of the table to begin with.
        stop: row of the table to end before.
    """

    queries: np.ndarray
    owners: np.ndarray
    first: int
    stop: int


def find_candidates(looks: Looks) -> Candidates:
    """Return the pairs of pictures that differ in few bits.

    Of a picture with many candidates, the nearest.
    """
    num_images = looks.changed.shape[1]
    everyone = np.arange(num_images)
    tasks = [
        *_blocks(looks.plain, looks.owners, len(looks.plain), is_ordered=True),
        *(
            task
            for changed in looks.changed
            for task in _blocks(changed, everyone, num_images, is_ordered=False)
        ),
    ]

    def work(task: _Task) -> Candidates:
        return _compare(task, looks)

    found = _nothing()
    # One thread each: the blocks are what is spread over the cores.
    with (
        threadpool_limits(1),
        progress(what="near-duplicates", total=len(tasks), unit="block") as bar,
    ):
        for some in map_in_order(work, tasks):
            found = _joined(found, some)
            if len(found.bits) > _MAX_WAITING:
                found = _nearest(found)
            bar.update()
    return _nearest(found)


def _blocks(
    queries: np.ndarray, owners: np.ndarray, num_table: int, *, is_ordered: bool
) -> Iterator[_Task]:
    """Yield tasks; where queries are the table, with no row before their own."""
    for start in range(0, len(queries), _QUERIES):
        block = slice(start, start + _QUERIES)
        first = start if is_ordered else 0
        yield _Task(queries[block], owners[block], first, num_table)


def _compare(task: _Task, looks: Looks) -> Candidates:
    steady = _signed(task.queries)
    found = _nothing()
    for start in range(task.first, task.stop, _TABLE):
        block = slice(start, min(start + _TABLE, task.stop))
        for table in (looks.plain[block], looks.transposed[block]):
            products = steady @ _signed(table).T
            near = np.flatnonzero(products >= 8 * _WORD - 2 * _MAX_STEADY_BITS)
            places, others = np.divmod(near, len(table))
            bits = _fewest_bits(task.queries[places], table[others])
            first, second = task.owners[places], looks.owners[block][others]
            is_candidate = (bits <= MAX_BITS) & (first != second)
            if is_candidate.any():
                pairs = np.stack([first, second], axis=1)[is_candidate]
                pairs.sort(axis=1)
                found = _joined(found, Candidates(pairs, bits[is_candidate]))
        if len(found.bits) > _MAX_WAITING:
            found = _nearest(found)
    return _nearest(found)


def _signed(looks: np.ndarray) -> np.ndarray:
    """Return the bits that no flip changes as 1 and -1, (B, 64) float32."""
    bits = np.unpackbits(looks[:, :_WORD], axis=1)
    return np.subtract(2 * bits, 1, dtype=np.float32)


def _fewest_bits(looks: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return in how many bits looks differ in the flip in which they do least, (B,).

    A flip inverts two of the last three words. With b, c and d the equal bits less the
    different ones there, the most are b + |c + d| or |c - d| - b.
    """
    differing = np.bitwise_count(looks.view(np.uint64) ^ others.view(np.uint64))
    steady, b, c, d = 8 * _WORD - 2 * differing.T.astype(np.int16)
    most = steady + np.maximum(b + np.abs(c + d), np.abs(c - d) - b)
    return (_NUM_BITS - most) // 2


def _nothing() -> Candidates:
    return Candidates(np.empty((0, 2), int), np.empty(0, int))


def _joined(some: Candidates, more: Candidates) -> Candidates:
    if not len(more.bits):
        return some
    return Candidates(
        np.concatenate([some.pairs, more.pairs]), np.concatenate([some.bits, more.bits])
    )


def _nearest(found: Candidates) -> Candidates:
    """Return each pair once, and only where it is among the nearest of either."""
    order = np.lexsort((found.bits, found.pairs[:, 1], found.pairs[:, 0]))
    pairs, bits = found.pairs[order], found.bits[order]
    is_first = np.ones(len(pairs), bool)
    is_first[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    pairs, bits = pairs[is_first], bits[is_first]
    ends, others = pairs.T.ravel(), pairs[:, ::-1].T.ravel()
    order = np.lexsort((others, np.tile(bits, 2), ends))
    _, starts, counts = np.unique(ends[order], return_index=True, return_counts=True)
    ranks = np.empty(len(ends), int)
    ranks[order] = np.arange(len(ends)) - np.repeat(starts, counts)
    is_near = ranks.reshape(2, -1).min(axis=0) < NEAREST
    return Candidates(pairs[is_near], bits[is_near])
