"""The training images whose features are nearest to those of some others.

Source: Sun and others (2022), "Out-of-Distribution Detection with Deep Nearest
Neighbors", for features of length 1: near pictures show what a network takes a picture
for.
"""

from collections.abc import Sequence

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.features.cache import Features
from headswap.artifacts.features.vectors import (
    directions,
    most_alike,
    read_vectors,
    usable_members,
)


def find_nearest(
    features: Features,
    index: Index,
    rows: Sequence[int],
    candidates: np.ndarray,
    number: int,
) -> dict[int, list[int]]:
    """Return the nearest candidates of each row, nearest first.

    There are none where the features are pixels or those of random weights.

    Args:
        features: of the N images.
        index: of the N images.
        rows: whose neighbours are wanted.
        candidates: rows among which they are sought, (M,) int.
        number: how many, at most.
    """
    members = usable_members(features)
    if not members or not len(candidates) or not rows:
        return {row: [] for row in rows}
    likeness = np.zeros((len(rows), len(candidates)), np.float32)
    for member in members:
        vectors = read_vectors(member, features, index)
        vectors = directions(vectors, vectors[candidates].mean(axis=0))
        likeness += vectors[list(rows)] @ vectors[candidates].T
    order = most_alike(likeness, number)
    return {
        row: candidates[nearest].tolist()
        for row, nearest in zip(rows, order, strict=True)
    }
