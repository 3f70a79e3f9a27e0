"""The features folder as training reads it; see `features` for what is in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from headswap.artifacts.storage.arrays import Rows
from headswap.artifacts.storage.documents import STRICT_FORM, read_document
from headswap.artifacts.storage.numbers import integers
from headswap.artifacts.storage.tables import PathLike, read_table
from headswap.errors import raise_faults

# Of a member's folder, where its network has a part below the cut.
BELOW_FILES = ("below.json", "below.weights.h5")


def input_name(member: str) -> str:
    """Return the name a model's input has; no task can be called so.

    Args:
        member: the name of the network whose features it takes.
    """
    return f"{member}-feature"


# What `params.backbone` makes of a network's name: no path leads out of its folder.
MemberName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
_REMEDY = "Delete the folder, and `dvc repro` makes it anew."


@dataclass(frozen=True)
class _Listed:
    """`features.json`."""

    __pydantic_config__ = STRICT_FORM

    members: Annotated[Sequence[MemberName], Field(min_length=1)]


@dataclass(frozen=True)
class _Facts:
    """Of `member.json`, what is read again."""

    __pydantic_config__ = STRICT_FORM

    random_weights: bool


@dataclass(frozen=True)
class Member:
    """The cached features of one backbone, and what is left of it above the cut.

    Attributes:
        name: of its folder, such as `vgg16` or `vgg16-at-224`.
        rows: its features, (rows, ...), in the order of `rows.csv`.
        folder: where the part above the cut lies.
        has_above: whether there is such a part.
        has_random_weights: whether it starts from random weights.
    """

    name: str
    rows: Rows
    folder: Path
    has_above: bool
    has_random_weights: bool

    @property
    def input_name(self) -> str:
        """The name a model's input for these features has."""
        return input_name(self.name)


@dataclass(frozen=True)
class Features:
    """A features folder.

    Attributes:
        members: the cached features, one member a backbone.
        image_ids: of each row.
        copies: of each row; 0 is the prepared image, in any view, others are augmented
            versions.
    """

    members: list[Member]
    image_ids: np.ndarray
    copies: np.ndarray

    @property
    def are_vectors(self) -> bool:
        """Whether nothing but heads is left to train."""
        return not any(member.has_above for member in self.members)


def read_features(features: PathLike, image_files: Sequence[PathLike]) -> Features:
    """Return what a features folder holds; arrays are read when they are asked for.

    Args:
        features: the folder.
        image_files: the images the features were computed from, in row order.
    """
    folder = Path(features)
    table = read_table(folder / "rows.csv")
    listed: _Listed = read_document(folder / "features.json", _Listed, _REMEDY)
    members = [_read_member(folder / name, image_files) for name in listed.members]
    raise_faults(
        [
            f"{member.folder}: there must be a feature of each of the "
            f"{len(table['image_id']):,} rows of rows.csv, got {len(member.rows):,}. "
            f"{_REMEDY}"
            for member in members
            if len(member.rows) != len(table["image_id"])
        ]
    )
    return Features(
        members,
        np.array(table["image_id"]),
        integers(table["copy"]),
    )


def _read_member(folder: Path, image_files: Sequence[PathLike]) -> Member:
    facts: _Facts = read_document(folder / "member.json", _Facts, _REMEDY)
    cached = folder / "features.npy"
    return Member(
        name=folder.name,
        rows=Rows([cached] if cached.exists() else image_files),
        folder=folder,
        has_above=(folder / "above.json").exists(),
        has_random_weights=facts.random_weights,
    )
