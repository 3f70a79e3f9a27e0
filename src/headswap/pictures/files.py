"""Files as bytes, in use as in training."""

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from headswap.machine.places import is_stored, read_stored
from headswap.pictures.decode import UnreadableImage


def read_file(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        UnreadableImage: it is no ordinary file; reading a pipe would wait for ever.
        OSError: it cannot be opened.
    """
    if "\0" in str(path):
        raise UnreadableImage("its name has the character NUL")
    if not is_stored(path) and not stat.S_ISREG(path.stat().st_mode):
        raise UnreadableImage("it is no ordinary file")
    return path.read_bytes()


def read_files(folder: Path, paths: Sequence[str]) -> Iterator[bytes | UnreadableImage]:
    """Yield what each file holds, or why it cannot be read, in their order.

    Those of a storage are asked for all at once, for an answer takes its time.

    Args:
        folder: where they are.
        paths: below the folder.

    Raises:
        InputError: a storage does not give one.
    """
    if is_stored(folder):
        yield from read_stored(folder, paths)
        return
    for path in paths:
        try:
            yield read_file(folder / path)
        except UnreadableImage as reason:
            yield reason
        except OSError as error:
            yield UnreadableImage(f"cannot be opened: {error.strerror}")
