"""Big arrays as single `.npy` files, written and read in pieces.

Writing appends to the file and reading maps only the rows asked for, so the memory a
stage takes does not grow with the number of rows. A file takes its place on the disk
before its rows are made; where there is none, an `OSError` names it.
"""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from headswap.errors import InputError, listed, shortened

# Room for the longest row count NumPy may write, so the header can be rewritten.
_HEADER_BYTES = 128
# What a file system says that cannot set room aside.
_CANNOT = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)
# NumPy reads a header by `ast.literal_eval`. Python 3.11 counts how deep that is for
# all threads together, and ends in a SystemError where two overlap
# (python/cpython#106905).
_ONE_HEADER = Lock()


class RowWriter:
    """Appends rows to a `.npy` file whose number of rows is not known beforehand.

    Args:
        path: of the file; it is a valid `.npy` only after the `with` block.
        row_shape: shape of one row.
        dtype: of the values.
        most: rows there may be at most, for which room is set aside.
    """

    def __init__(
        self,
        path: str | Path,
        row_shape: tuple[int, ...],
        dtype: str,
        most: int = 0,
    ):
        self.most = most
        self.row_shape = tuple(row_shape)
        self.dtype = np.dtype(dtype)
        self.num_rows = 0
        self._path = path

    def __enter__(self) -> "RowWriter":
        # An earlier file may be a link to one in DVC's cache, which has to stay.
        Path(self._path).unlink(missing_ok=True)
        self._file: BinaryIO = open(self._path, "wb")
        try:
            with _naming(self._path):
                self._write_header()
                row_bytes = int(np.prod(self.row_shape)) * self.dtype.itemsize
                set_aside(self._file, _HEADER_BYTES + self.most * row_bytes)
        except OSError:
            self._file.close()
            raise
        return self

    def append(self, rows: np.ndarray) -> None:
        """Append rows, (B, *row_shape)."""
        if rows.shape[1:] != self.row_shape:
            raise ValueError(f"rows must be (B, {self.row_shape}), got {rows.shape}")
        with _naming(self._path):
            self._file.write(np.ascontiguousarray(rows, dtype=self.dtype).data)
        self.num_rows += len(rows)

    def _write_header(self) -> None:
        header = {
            "descr": npy.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (self.num_rows, *self.row_shape),
        }
        self._file.seek(0)
        npy.write_array_header_1_0(self._file, header)
        if self._file.tell() != _HEADER_BYTES:
            raise ValueError(f"the .npy header must take {_HEADER_BYTES} bytes")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _naming(self._path), self._file:
            if kind is None:
                self._file.truncate()
                self._write_header()


@contextmanager
def _naming(path: str | Path) -> Iterator[None]:
    """Let an error of a file say which one it is."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def set_aside(file: BinaryIO, num_bytes: int) -> None:
    """Let a file take its place on the disk now, as far as its system can.

    Raises:
        OSError: there is none.
    """
    # Not on macOS and Windows.
    if num_bytes and hasattr(os, "posix_fallocate"):
        file.flush()
        try:
            os.posix_fallocate(file.fileno(), 0, num_bytes)
        except OSError as error:
            if error.errno not in _CANNOT:
                raise


def create_rows(path: str | Path, shape: tuple[int, ...], dtype: str) -> None:
    """Write a `.npy` file of zeros, for `write_rows`.

    Raises:
        OSError: there is no room for it.
    """
    # An earlier file may be a link to one in DVC's cache, which has to stay.
    Path(path).unlink(missing_ok=True)
    with _naming(path):
        npy.open_memmap(path, mode="w+", shape=shape, dtype=dtype)
        with open(path, "r+b") as file:
            set_aside(file, file.seek(0, os.SEEK_END))


def map_rows(path: str | Path) -> np.ndarray:
    """Return the rows of a `.npy` file, mapped rather than read; safe in threads.

    Raises:
        InputError: it is none, shorter than it says, or holds objects.
    """
    try:
        with _ONE_HEADER:
            return np.load(path, mmap_mode="r")
    except OSError:
        raise
    # What a header that is none raises depends on what it is instead.
    except Exception as error:
        raise InputError(
            f"{path}: it must be a whole array of numbers (.npy), got: "
            f"{shortened(str(error))}. Make it again, or copy it again."
        ) from error


def read_array(path: str | Path) -> np.ndarray:
    """Return a whole `.npy` file; no more is taken into memory than the file holds."""
    return np.array(map_rows(path))


def write_rows(path: str | Path, rows: np.ndarray, values: np.ndarray) -> None:
    """Write rows of a `.npy` file in place.

    Args:
        path: of a file of `create_rows`.
        rows: positions, (B,) int.
        values: (B, ...).
    """
    mapped = map_rows(path)
    start, row_bytes = mapped.offset, mapped.strides[0]  # type: ignore[attr-defined]
    made = np.ascontiguousarray(
        np.broadcast_to(values, (len(rows), *mapped.shape[1:])), dtype=mapped.dtype
    )
    # Not by the map: where there is no room, that ends the process without a word.
    with _naming(path), open(path, "r+b") as file:
        for row, content in zip(rows.tolist(), made, strict=True):
            file.seek(start + row * row_bytes)
            file.write(content.data)


def num_rows(path: str | Path) -> int:
    """Return the number of rows of a `.npy` file without reading them."""
    return len(map_rows(path))


def iterate(path: str | Path, batch_size: int) -> Iterator[np.ndarray]:
    """Yield the rows of a `.npy` file in order, (B, ...) copies in memory."""
    total = num_rows(path)
    for start in range(0, total, batch_size):
        # Mapped anew for each batch: pages that stay mapped count as our memory.
        yield np.array(map_rows(path)[start : start + batch_size])


class Rows:
    """The rows of several `.npy` files, one after the other, read when asked for.

    Args:
        paths: files whose rows have the same shape and dtype.
    """

    def __init__(self, paths: Sequence[str | Path]):
        self._paths = list(paths)
        arrays = [map_rows(path) for path in self._paths]
        self._starts = np.cumsum([0] + [len(array) for array in arrays])
        self.row_shape = arrays[0].shape[1:]
        self.dtype = arrays[0].dtype

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
        for number, path in enumerate(self._paths):
            start, stop = self._starts[number : number + 2]
            here = (rows >= start) & (rows < stop)
            if here.any():
                result[here] = map_rows(path)[rows[here] - start]
        if len(rows) and self.dtype.kind == "f":
            self._require_finite(rows, result)
        return result

    def _require_finite(self, rows: np.ndarray, values: np.ndarray) -> None:
        is_bad = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
        if is_bad.any():
            files = ", ".join(map(str, self._paths))
            raise InputError(
                f"{files}: every number must be finite, got others in rows "
                f"{listed(sorted({*map(int, rows[is_bad])}))}. Delete the file, and "
                "`dvc repro` makes it anew."
            )
