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

from headswap.artifacts.features.vectors import directions, flatten
from headswap.artifacts.storage.tables import PathLike

NEIGHBOURS, PATHS = "neighbours", "paths.json"


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
        # Rounding makes equal pictures differ in the last bits; the earlier one stands.
        places = np.argsort(-np.asarray(likeness).round(5), axis=1, kind="stable")
        return [[self.paths[place] for place in each] for each in places[:, :number]]


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
    """
    folder = Path(bundle, NEIGHBOURS)
    if not (folder / PATHS).exists():
        return None
    known = [member for member in members if (folder / f"{member}.npy").exists()]
    return Neighbours(
        json.loads((folder / PATHS).read_text(encoding="utf-8")),
        {member: np.load(folder / f"{member}-mean.npy") for member in known},
        {
            member: np.load(folder / f"{member}.npy").astype(np.float32)
            for member in known
        },
    )
