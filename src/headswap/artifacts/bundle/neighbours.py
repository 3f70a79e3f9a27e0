"""The neighbours of a bundle: training pictures that a picture can be likened to.

`neighbours/paths.json`, M paths below the data's root, and for each network by whose
features pictures can be told apart `<member>.npy`, (M, D) float16, how each differs
from the mean, at length 1, and `<member>-mean.npy`, (D,) float32. There are no pictures
in it. A bundle without it is whole, too.

Source: Sun and others (2022), "Out-of-Distribution Detection with Deep Nearest
Neighbors", for features of length 1.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from headswap.artifacts.features.vectors import directions, flatten, most_alike
from headswap.artifacts.storage.documents import read_document
from headswap.artifacts.storage.files import read_array
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import raise_faults

NEIGHBOURS, PATHS = "neighbours", "paths.json"
_REMEDY = "Copy the bundle again."


class Neighbours(NamedTuple):
    """Training pictures, and what is known of their features.

    Attributes:
        paths: of the M pictures.
        means: (D,) float32 by member, over all training pictures.
        directions: (M, D) by member.
    """

    paths: Sequence[str]
    means: Mapping[str, np.ndarray]
    directions: Mapping[str, np.ndarray]

    def vectors(self, features: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return what `nearest` takes of a view, from its features by member."""
        return {member: flatten(features[member]) for member in self.directions}

    def nearest(
        self, of_views: Sequence[Mapping[str, np.ndarray]], number: int
    ) -> list[list[str]]:
        """Return the paths of the training pictures nearest to each, nearest first.

        Args:
            of_views: (N, D) by member, of each view; they are averaged.
            number: how many of each picture, at most.
        """
        likeness = sum(
            directions(
                np.mean([each[member] for each in of_views], axis=0), self.means[member]
            )
            @ known.T
            for member, known in self.directions.items()
        )
        places = most_alike(np.asarray(likeness), number)
        return [[self.paths[place] for place in each] for each in places]


def write_neighbours(bundle: PathLike, neighbours: Neighbours) -> None:
    """Write the neighbours of a bundle, before its facts."""
    folder = Path(bundle, NEIGHBOURS)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(list(neighbours.paths), indent=0, ensure_ascii=False)
    (folder / PATHS).write_text(text + "\n", encoding="utf-8")
    for member, known in neighbours.directions.items():
        np.save(folder / f"{member}.npy", known.astype(np.float16))
        np.save(folder / f"{member}-mean.npy", neighbours.means[member])


def read_neighbours(bundle: PathLike, members: Sequence[str]) -> Neighbours | None:
    """Return the neighbours of a bundle, None where it has none.

    Args:
        bundle: the folder.
        members: names of its networks.

    Raises:
        InputError: a file is none of these, is of other pictures or has a number that
            is none.
    """
    folder = Path(bundle, NEIGHBOURS)
    if not (folder / PATHS).exists():
        return None
    paths = read_document(folder / PATHS, Sequence[str], _REMEDY)
    known = [member for member in members if (folder / f"{member}.npy").exists()]
    means = {member: read_array(folder / f"{member}-mean.npy") for member in known}
    found = {member: read_array(folder / f"{member}.npy") for member in known}
    raise_faults(
        [
            f"{folder / member}.npy: it must have finite numbers of each of the "
            f"{len(paths)} pictures of {PATHS} and as many as its mean, got "
            f"{found[member].shape} and {means[member].shape}. {_REMEDY}"
            for member in known
            if found[member].shape != (len(paths), *means[member].shape)
            or means[member].ndim != 1
            or not np.isfinite(found[member]).all()
            or not np.isfinite(means[member]).all()
        ]
    )
    return Neighbours(
        paths,
        means,
        {member: each.astype(np.float32) for member, each in found.items()},
    )
