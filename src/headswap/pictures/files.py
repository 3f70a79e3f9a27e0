"""Files as bytes, in use as in training."""

import stat
from pathlib import Path

from headswap.pictures.decode import UnreadableImage


def read_file(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        UnreadableImage: it is no ordinary file; reading a pipe would wait for ever.
        OSError: it cannot be opened.
    """
    if "\0" in str(path):
        raise UnreadableImage("its name has the character NUL")
    if not stat.S_ISREG(path.stat().st_mode):
        raise UnreadableImage("it is no ordinary file")
    return path.read_bytes()
