"""Which training pictures a bundle can name, with what is known of their features."""

from pathlib import Path

import numpy as np

from headswap.artifacts.bundle.neighbours import Neighbours, write_neighbours
from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.dataset.split import UNUSED, read_split
from headswap.artifacts.features.cache import read_features
from headswap.artifacts.features.vectors import (
    directions,
    read_vectors,
    usable_members,
)


def write_known(
    prepared: Path,
    split: Path,
    cached: Path,
    is_of_first_round: bool,
    count: int,
    bundle: Path,
) -> int:
    """Write the neighbours of a bundle; return how many, 0 where there are none.

    Of more training pictures they are from all over the index, which is by class.

    Args:
        prepared: the prepared folder.
        split: the split folder.
        cached: the features folder.
        is_of_first_round: whether the model is that of the first round, and not one
            fitted to every picture.
        count: how many at most.
        bundle: folder to write to.
    """
    index, parts = read_index(prepared), read_split(split)
    # What is read of augmented versions is their rows' names.
    features = read_features(cached, [prepared / "images.npy"])
    members = usable_members(features)
    is_trained_on = (
        parts.times[0] > 0 if is_of_first_round else (parts.parts != UNUSED).any(axis=0)
    )
    rows = np.flatnonzero(is_trained_on)
    num_kept = min(count, len(rows))
    if not members or not num_kept:
        return 0
    kept = rows[np.arange(num_kept) * len(rows) // num_kept]
    means, known = {}, {}
    for member in members:
        vectors = read_vectors(member, features, index)
        means[member.name] = vectors[rows].mean(axis=0)
        known[member.name] = directions(vectors[kept], means[member.name])
    paths = [index.paths[row] for row in kept]
    write_neighbours(bundle, Neighbours(paths, means, known))
    return num_kept
