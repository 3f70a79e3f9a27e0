"""A file of rows that ends early: the whole ones are kept beside what it would replace.

A million pictures take hours; a full disk or an interruption shall not cost them.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from headswap.artifacts.storage.tables import Output


@contextmanager
def keeping_rows(path: Path, out: Path) -> Iterator[Output]:
    """Yield a file to write; of one that ends early, whole rows are kept beside it.

    Args:
        path: of the file.
        out: what it is to be called once it is whole.
    """
    # A file's name may be no text; both forms then hold its escape.
    with open(
        path, "w", encoding="utf-8", errors="backslashreplace", newline=""
    ) as file:
        rows = _Rows(file)
        try:
            yield rows
            file.flush()
        except (OSError, KeyboardInterrupt):
            if path.is_file() and rows.end:
                # What could not be written yet is tried once more.
                with suppress(OSError):
                    file.close()
                os.truncate(path, rows.end)
                partial = out.with_suffix(f".partial{out.suffix}")
                path.replace(partial)
                print(f"{partial}: the rows up to there, whole", file=sys.stderr)
            raise


class _Rows:
    """A file whose last whole row is known.

    Args:
        file: open for text.

    Attributes:
        end: in bytes, of what was written whole.
    """

    def __init__(self, file: TextIO):
        self._file = file
        self.end = 0

    def write(self, text: str) -> int:
        """Write text, a row."""
        number = self._file.write(text)
        # It writes what waits.
        self.end = self._file.tell() if self._file.seekable() else 0
        return number
