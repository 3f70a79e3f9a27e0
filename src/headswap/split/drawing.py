"""Dealing whole groups into parts, so that each part has its share of every class.

One algorithm for one class an image or several, for one task, nested or crossed ones,
for single images or groups. A group's hash, of (seed, group), says which part it falls
into, whatever other groups there are; `repair` then moves as few as it takes, and those
next whose hash is near a boundary. So one image more moves few others.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from headswap.split.combinations import Combinations
from headswap.split.repair import repair
from headswap.split.steps import Kinds


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
    alike: dict[tuple[int, ...], list[tuple[float, int]]] = {}
    for number, (rows, name) in enumerate(zip(groups, names, strict=True)):
        labels = tuple(sorted(combinations.of_row[rows].tolist()))
        alike.setdefault(labels, []).append((hash_name(seed, name), number))
    # In order of the hashes, whatever order the images come in.
    ordered = sorted((sorted(members), labels) for labels, members in alike.items())
    labels_of_kind = [list(labels) for _, labels in ordered]
    # The last column counts images, so that parts have their share of all of them too.
    columns = np.column_stack([combinations.classes, np.ones(len(combinations.names))])
    likely = chances[:, :, None] * columns
    holds = np.array([columns[labels].sum(axis=0) for labels in labels_of_kind])
    expected = np.stack([likely[:, labels].sum(axis=1) for labels in labels_of_kind], 1)
    kinds = Kinds(
        np.array([value for members, _ in ordered for value, _ in members]),
        np.array([len(members) for members, _ in ordered]),
        holds,
        np.cumsum(expected[:-1, :, -1], axis=0) / holds[:, -1],
    )
    targets = np.einsum("k,pkc->pc", kinds.numbers, expected)
    ends = repair(_start(kinds), kinds, targets)
    parts = np.empty(len(groups), int)
    for (members, _), of_kind in zip(ordered, ends.T, strict=True):
        positions = np.arange(len(members))
        parts[[number for _, number in members]] = np.searchsorted(
            of_kind, positions, side="right"
        )
    return parts


def hash_name(seed: Sequence[object], name: str) -> float:
    """Return a number of 0..1 that is different for every name and seed."""
    text = "/".join(map(str, [*seed, name]))
    digest = hashlib.blake2b(text.encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def _start(kinds: Kinds) -> np.ndarray:
    """Return where each part ends within each kind by the hashes, (parts - 1, kinds).

    What chance has dealt is corrected to less than one group from the kind's share, so
    single images of one class are dealt exactly.
    """
    of_group = np.repeat(np.arange(len(kinds.numbers)), kinds.numbers)
    below = kinds.hashes < kinds.thresholds[:, of_group]
    found = np.add.reduceat(below.astype(int), kinds.starts, axis=1)
    shares = kinds.numbers * kinds.thresholds
    return np.clip(found, np.floor(shares + 1e-9), np.ceil(shares - 1e-9)).astype(int)
