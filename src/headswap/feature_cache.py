"""The features folder as training reads it; see `features` for what is in it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from headswap.arrays import Rows
from headswap.tables import PathLike, read_table


@dataclass(frozen=True)
class Member:
    """The cached features of one backbone, and what is left of it above the cut.

    Attributes:
        name: of the backbone.
        rows: its features, (rows, ...), in the order of `rows.csv`.
        build_above: makes a fresh copy of the part above; None where there is none.
    """

    name: str
    rows: Rows
    build_above: Callable[[str], keras.Model] | None = None


@dataclass(frozen=True)
class Features:
    """A features folder.

    Attributes:
        members: the cached features, one member a backbone.
        image_ids: of each row.
        copies: of each row; 0 is the prepared image, others are augmented versions.
    """

    members: list[Member]
    image_ids: np.ndarray
    copies: np.ndarray


def read_features(features: PathLike) -> Features:
    """Return what a features folder holds; arrays are read when they are asked for."""
    folder = Path(features)
    table = read_table(folder / "rows.csv")
    members = [
        Member(member["backbone"], Rows([folder / f"{member['backbone']}.npy"]))
        for member in json.loads((folder / "features.json").read_text())["members"]
    ]
    return Features(
        members, np.array(table["image_id"]), np.array(table["copy"]).astype(int)
    )
