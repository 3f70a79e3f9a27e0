"""The tables every later stage joins on: `index.csv`, `labels.json`, `split.csv`.

Row i of each is row i of the prepared `images.npy`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headswap.labels import read_labels
from headswap.relations import Relation
from headswap.tables import PathLike, read_table, write_table
from headswap.tasks import Task

INDEX_COLUMNS = ("image_id", "group", "path", "width", "height", "format", "given_part")
PARTS = ("train", "validation", "test")
UNUSED = "unused"


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
        relations: between the tasks.
    """

    image_ids: list[str]
    groups: list[str]
    paths: list[str]
    given_parts: list[str]
    cells: dict[str, list[str]]
    tasks: list[Task]
    relations: list[Relation]


def read_index(prepared: PathLike) -> Index:
    """Return the index of a prepared folder."""
    labels = read_labels(Path(prepared) / "labels.json")
    table = read_table(Path(prepared) / "index.csv")
    return Index(
        image_ids=table["image_id"],
        groups=table["group"],
        paths=table["path"],
        given_parts=table["given_part"],
        cells={task.name: table[task.name] for task in labels.tasks},
        tasks=labels.tasks,
        relations=labels.relations,
    )


@dataclass(frozen=True)
class Split:
    """What `split.csv` says.

    Attributes:
        parts: (repeats, N) str: train, validation, test, or unused.
        times: (repeats, N) int: how often the image stands among the training rows; 0
            where it does not train.
    """

    parts: np.ndarray
    times: np.ndarray

    @property
    def num_repeats(self) -> int:
        """The number of independent splits."""
        return len(self.parts)


def write_split(path: PathLike, index: Index, split: Split) -> None:
    """Write `split.csv`."""
    write_table(
        path,
        ["image_id", "repeat", "part", "times"],
        (
            (image_id, repeat, part, times)
            for repeat in range(split.num_repeats)
            for image_id, part, times in zip(
                index.image_ids, split.parts[repeat], split.times[repeat], strict=True
            )
        ),
    )


def read_split(path: PathLike) -> Split:
    """Return what `split.csv` says."""
    table = read_table(path)
    num_repeats = int(table["repeat"][-1]) + 1
    return Split(
        np.array(table["part"]).reshape(num_repeats, -1),
        np.array(table["times"]).astype(int).reshape(num_repeats, -1),
    )
