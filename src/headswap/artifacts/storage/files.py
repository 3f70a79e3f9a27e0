"""Single `.npy` files, and the place they take on a disk."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import BinaryIO

import numpy as np

from headswap.errors import InputError, shortened

# What a file system says that cannot set room aside.
_CANNOT = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)
# NumPy reads a header by `ast.literal_eval`. Python 3.11 counts how deep that is for
# all threads together, and ends in a SystemError where two overlap
# (python/cpython#106905).
_ONE_HEADER = Lock()


def map_file(path: str | Path) -> np.ndarray:
    """Return the array of a file, mapped rather than read; safe in threads.

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
    """Return the array of a file; no more is taken into memory than the file holds."""
    return np.array(map_file(path))


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
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
