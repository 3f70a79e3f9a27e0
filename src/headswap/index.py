"""The tables every later stage joins on: `index.csv`, `labels.json`, `split.csv`.

Row i of each is row i of the prepared `images.npy`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headswap.tables import PathLike, read_table, write_table
from headswap.tasks import Task, read_labels

INDEX_COLUMNS = ("image_id", "group", "path", "width", "height", "format", "given_part")
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Index:
    """What `index.csv` and `labels.json` say; row i is row i of `images.npy`.

    Attributes:
        image_ids: unique; from the hash of each file's content.
        groups: images with the same pixels share one; they must not be parted.
        paths: relative to the raw folder.
        given_parts: the part the data set itself gives, or "".
        cells: labels of each image, by task name, as written in `index.csv`.
        tasks: in the order of `labels.json`.
    """

    image_ids: list[str]
    groups: list[str]
    paths: list[str]
    given_parts: list[str]
    cells: dict[str, list[str]]
    tasks: list[Task]


def read_index(prepared: PathLike) -> Index:
    """Return the index of a prepared folder."""
    tasks = read_labels(Path(prepared) / "labels.json")
    table = read_table(Path(prepared) / "index.csv")
    return Index(
        image_ids=table["image_id"],
        groups=table["group"],
        paths=table["path"],
        given_parts=table["given_part"],
        cells={task.name: table[task.name] for task in tasks},
        tasks=tasks,
    )


def write_split(path: PathLike, index: Index, parts: np.ndarray) -> None:
    """Write `split.csv`."""
    write_table(
        path,
        ["image_id", "repeat", "part"],
        (
            (image_id, repeat, part)
            for repeat, row in enumerate(parts)
            for image_id, part in zip(index.image_ids, row, strict=True)
        ),
    )


def read_split(path: PathLike) -> np.ndarray:
    """Return the part of each image in each repeat, (repeats, N) str."""
    table = read_table(path)
    num_repeats = int(table["repeat"][-1]) + 1
    return np.array(table["part"]).reshape(num_repeats, -1)
