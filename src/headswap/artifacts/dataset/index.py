"""`index.csv`: what prepare found out about each image.

Row i is row i of the prepared `images.npy`. Facts only: who belongs together is for
split to say, in `split.csv`.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.labels import read_labels
from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.numbers import integers
from headswap.artifacts.storage.tables import PathLike, read_table

INDEX_COLUMNS = (
    "image_id",
    "path",
    "width",
    "height",
    "format",
    "pixel_hash",
    "perceptual_hash",
    "given_part",
    "given_group",
)
# Of the files, not of the pictures made of them.
_ORIGINALS = ("width", "height", "format")
# Many long texts, which only prepare compares.
_UNREAD = (*_ORIGINALS, "perceptual_hash")


# No task can be called so.
_SLICE = "slice:"


def slice_column(name: str) -> str:
    """Return the name of the column of `index.csv` that a slice has."""
    return _SLICE + name


@dataclass(frozen=True)
class Index:
    """What `index.csv` and `labels.json` say; row i is row i of `images.npy`.

    Attributes:
        image_ids: unique; from the hash of each file's content.
        paths: relative to the raw folder.
        pixel_hashes: equal where files show the same picture.
        given_parts: the part the data set itself gives, or "".
        given_groups: what `data.group` or `data.group_pattern` says, or "".
        cells: labels of each image, by task name, as written in `index.csv`; "" where
            a multiclass task has none.
        tasks: in the order of `labels.json`.
        relations: between the tasks.
        slices: what tells images apart that are scored apart, by name; "" where nothing
            is known.
    """

    image_ids: list[str]
    paths: list[str]
    pixel_hashes: list[str]
    given_parts: list[str]
    given_groups: list[str]
    cells: dict[str, list[str]]
    tasks: list[Task]
    relations: list[Relation]
    slices: dict[str, list[str]] = field(default_factory=dict)


def read_index(prepared: PathLike) -> Index:
    """Return the index of a prepared folder."""
    labels = read_labels(Path(prepared) / "labels.json")
    table = read_table(Path(prepared) / "index.csv", lambda name: name not in _UNREAD)
    return Index(
        image_ids=table["image_id"],
        paths=table["path"],
        pixel_hashes=table["pixel_hash"],
        given_parts=table["given_part"],
        given_groups=table["given_group"],
        cells={task.name: table[task.name] for task in labels.tasks},
        tasks=labels.tasks,
        relations=labels.relations,
        slices={
            name.removeprefix(_SLICE): column
            for name, column in table.items()
            if name.startswith(_SLICE)
        },
    )


@dataclass(frozen=True)
class Originals:
    """What the files were that the images come from; as `Index`, in the same order.

    Attributes:
        widths: upright, in pixels, (N,) int.
        heights: likewise.
        formats: what each file really is, such as `PNG`.
    """

    widths: np.ndarray
    heights: np.ndarray
    formats: list[str]


def read_originals(prepared: PathLike) -> Originals:
    """Return what the index of a prepared folder says of the files."""
    table = read_table(Path(prepared) / "index.csv", lambda name: name in _ORIGINALS)
    return Originals(
        integers(table["width"]), integers(table["height"]), table["format"]
    )
