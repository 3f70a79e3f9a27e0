"""The rows of big arrays, written and read in pieces.

They lie in a folder, in shards that no reader has to know of. Writing appends to files
and reading maps only the rows asked for, so the memory a stage takes does not grow with
the number of rows. The bytes depend on the rows alone. A shard takes its place on the
disk before its rows are made; where there is none, an `OSError` names it.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from headswap.artifacts.storage.files import naming, set_aside
from headswap.artifacts.storage.shards import (
    Manifest,
    make_empty,
    map_shard,
    require_own,
    shard_file,
)
from headswap.errors import InputError, listed

# Room for the longest row count NumPy may write, so the header can be rewritten.
_HEADER_BYTES = 128


class RowWriter:
    """Appends rows whose number is not known beforehand.

    Args:
        path: of the folder; it holds rows only after the `with` block.
        row_shape: shape of one row.
        dtype: of the values.
        most: rows there may be at most, for which room is set aside.
    """

    def __init__(
        self, path: str | Path, row_shape: tuple[int, ...], dtype: str, most: int = 0
    ):
        self._plan = Manifest.plan(0, row_shape, dtype)
        self.row_shape = self._plan.row_shape
        self.num_rows = 0
        self._most = most
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> "RowWriter":
        self._folder = make_empty(self._path)
        return self

    def append(self, rows: np.ndarray) -> None:
        """Append rows, (B, *row_shape)."""
        if rows.shape[1:] != self.row_shape:
            raise ValueError(f"rows must be (B, {self.row_shape}), got {rows.shape}")
        values = np.ascontiguousarray(rows, dtype=self._plan.dtype)
        size = self._plan.rows_per_shard
        while len(values):
            number, filled = divmod(self.num_rows, size)
            with naming(shard_file(self._folder, number)):
                if filled == 0:
                    self._close()
                    self._file = self._open(number)
                assert self._file is not None
                here, values = values[: size - filled], values[size - filled :]
                self._file.write(here.data)
            self.num_rows += len(here)

    def _open(self, number: int) -> BinaryIO:
        """Begin a shard, with room for the rows it may come to hold."""
        file = shard_file(self._folder, number).open("wb")
        try:
            _write_header(file, (0, *self.row_shape), self._plan.dtype)
            to_come = min(self._plan.rows_per_shard, self._most - self.num_rows)
            if to_come > 0:
                set_aside(file, _HEADER_BYTES + to_come * self._plan.row_bytes)
        except OSError:
            file.close()
            raise
        return file

    def _close(self) -> None:
        """End the shard that is being written."""
        if self._file is not None:
            size = self._plan.rows_per_shard
            count = self.num_rows - (self.num_rows - 1) // size * size
            with self._file:
                self._file.truncate()
                _write_header(self._file, (count, *self.row_shape), self._plan.dtype)
            self._file = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._close()
            replace(self._plan, num_rows=self.num_rows).write(self._folder)
        elif self._file is not None:
            with naming(self._path):
                self._file.close()


def _write_header(file: BinaryIO, shape: tuple[int, ...], dtype: str) -> None:
    header = {
        "descr": npy.dtype_to_descr(np.dtype(dtype)),
        "fortran_order": False,
        "shape": shape,
    }
    file.seek(0)
    npy.write_array_header_1_0(file, header)
    if file.tell() != _HEADER_BYTES:
        raise ValueError(f"the .npy header must take {_HEADER_BYTES} bytes")


def create_rows(path: str | Path, shape: tuple[int, ...], dtype: str) -> None:
    """Make rows of zeros, for `write_rows`.

    Raises:
        OSError: there is no room for them.
    """
    folder = make_empty(path)
    plan = Manifest.plan(shape[0], shape[1:], dtype)
    for number in range(plan.num_shards):
        shard = shard_file(folder, number)
        with naming(shard):
            npy.open_memmap(shard, "w+", plan.dtype, plan.shape_of(number))
            with open(shard, "r+b") as file:
                set_aside(file, file.seek(0, os.SEEK_END))
    plan.write(folder)


def write_rows(path: str | Path, rows: np.ndarray, values: np.ndarray) -> None:
    """Write rows in place.

    Args:
        path: of a folder of `create_rows`.
        rows: positions, (B,) int.
        values: (B, ...), or one row for all positions.
    """
    folder = Path(path)
    known = Manifest.read(folder)
    shards, places = np.divmod(rows, known.rows_per_shard)
    made = np.ascontiguousarray(
        np.broadcast_to(values, (len(rows), *known.row_shape)), dtype=known.dtype
    )
    for number in np.unique(shards).tolist():
        here = shards == number
        shard = shard_file(folder, number)
        # Not by a map: where there is no room, that ends the process without a word.
        with naming(shard), open(shard, "r+b") as file:
            for place, content in zip(places[here].tolist(), made[here], strict=True):
                file.seek(_HEADER_BYTES + place * known.row_bytes)
                file.write(content.data)


def num_rows(path: str | Path) -> int:
    """Return the number of rows of a folder without reading them."""
    return Manifest.read(Path(path)).num_rows


def num_bytes(path: str | Path) -> int:
    """Return what a folder of rows takes."""
    return sum(file.stat().st_size for file in Path(path).iterdir())


def iterate(path: str | Path, batch_size: int) -> Iterator[np.ndarray]:
    """Yield the rows of a folder in order, (B, ...) copies in memory."""
    rows = Rows([path])
    for start in range(0, len(rows), batch_size):
        yield rows[np.arange(start, min(start + batch_size, len(rows)))]


class Rows:
    """The rows of several folders, one after the other, read when asked for.

    Args:
        paths: of folders whose rows have the same shape and dtype.

    Raises:
        InputError: shards are missing, cut short, or of other rows.
    """

    def __init__(self, paths: Sequence[str | Path]):
        self._shards: list[tuple[Path, int, Manifest]] = []
        starts = [0]
        for folder in map(Path, paths):
            known = Manifest.read(folder)
            numbers = range(known.num_shards)
            require_own(folder, {shard_file(folder, number) for number in numbers})
            self._shards += [(folder, number, known) for number in numbers]
            starts += [len(map_shard(folder, number, known)) for number in numbers]
        self._starts = np.cumsum(starts)
        first = Manifest.read(Path(paths[0]))
        self.row_shape = first.row_shape
        self.dtype = np.dtype(first.dtype)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows at the given positions, (len(rows), ...).

        Raises:
            InputError: a number that is none.
        """
        if len(rows) and not (rows.min() >= 0 and rows.max() < len(self)):
            raise IndexError(f"rows must be 0 to {len(self) - 1}, got {rows}")
        result = np.empty((len(rows), *self.row_shape), self.dtype)
        shards = np.searchsorted(self._starts, rows, side="right") - 1
        for number in np.unique(shards).tolist():
            here = shards == number
            # Mapped anew each time: pages that stay mapped count as our memory.
            shard = map_shard(*self._shards[number])
            result[here] = shard[rows[here] - self._starts[number]]
        if len(rows) and self.dtype.kind == "f":
            self._require_finite(rows, result)
        return result

    def _require_finite(self, rows: np.ndarray, values: np.ndarray) -> None:
        is_bad = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
        if is_bad.any():
            names = dict.fromkeys(str(folder) for folder, *_ in self._shards)
            raise InputError(
                f"{', '.join(names)}: every number must be finite, got others in rows "
                f"{listed(sorted({*map(int, rows[is_bad])}))}. Delete the folder, and "
                "`dvc repro` makes it anew."
            )
