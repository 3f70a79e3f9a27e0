"""`conflicts.csv` and `conflicts`: pictures left out because of their labels.

One row a file, those of one picture together: it stands under several classes of a
task. Nothing trains on them; they are kept for people to look at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headswap.artifacts.storage.arrays import Rows, RowWriter
from headswap.artifacts.storage.tables import PathLike, read_table, write_table

TABLE, IMAGES = "conflicts.csv", "conflicts"


@dataclass(frozen=True)
class Conflict:
    """One file of a picture that stands under several classes.

    Attributes:
        picture: the same for files that show the same picture.
        path: relative to the raw folder.
        cells: its labels, in the order of the tasks.
    """

    picture: str
    path: str
    cells: tuple[str, ...]


def write_conflicts(
    folder: PathLike,
    tasks: Sequence[str],
    conflicts: Sequence[Conflict],
    images: PathLike,
    rows: Sequence[int],
) -> None:
    """Write the table and the pictures.

    Args:
        folder: the prepared folder.
        tasks: names, in the order of the cells.
        conflicts: of N files.
        images: the folder of rows in which their pictures still are.
        rows: of the N files there.
    """
    order = sorted(range(len(rows)), key=lambda n: _key(conflicts[n]))
    write_table(
        Path(folder) / TABLE,
        ["picture", "path", *tasks],
        (
            (each.picture, each.path, *each.cells)
            for each in map(conflicts.__getitem__, order)
        ),
    )
    source = Rows([images])
    with RowWriter(Path(folder) / IMAGES, source.row_shape, "uint8") as writer:
        for number in order:
            writer.append(source[np.array([rows[number]])])


def _key(conflict: Conflict) -> tuple[str, str]:
    return conflict.picture, conflict.path


def read_conflicts(folder: PathLike) -> list[Conflict]:
    """Return the conflicts; number i is row i of `conflicts`."""
    table = read_table(Path(folder) / TABLE)
    pictures, paths, *cells = table.values()
    return [
        Conflict(picture, path, tuple(row))
        for picture, path, *row in zip(pictures, paths, *cells, strict=True)
    ]
