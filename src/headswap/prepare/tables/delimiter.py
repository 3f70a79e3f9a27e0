"""What separates the cells of a table or list: what fits all its lines, not the first.

A comma may stand in a name, a space in a path. So a table is read with each delimiter
in turn, and the one that gives every line as many cells is taken; of several, the one
that gives most lines a path.
"""

import contextlib
import csv
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from headswap.prepare.tables.unreadable import require_no_nul
from headswap.prepare.walking import IMAGE_SUFFIXES

SPACE, BAR = " ", "|"
# Those that are found, the more usual first; the last two only with paths around them.
USUAL = (",", "\t", ";")
FOUND = (*USUAL, BAR, SPACE)
# Lines of a table that are looked at to say what its columns may be.
SAMPLED = 100

# What spreadsheets take for the delimiter, and no line of the table.
_SEP_LINE = re.compile(r"\"?sep=(.)\"?\1*[\r\n]*", re.IGNORECASE)
_QUOTED_OR_SPACE = re.compile(r'("(?:[^"]|"")*")|[ \t]+')


def most_frequent_delimiter(line: str) -> str:
    """Return what is likely to separate the cells of a line: no space or bar."""
    return max(USUAL, key=re.sub(r'"[^"]*"', "", line).count)


def find_delimiter(
    path: Path, num_columns: int | None, is_there: Callable[[str], bool]
) -> str:
    """Return what separates the cells of a table.

    Args:
        path: of the table.
        num_columns: how many cells a line has, or None where that is unknown.
        is_there: says whether a cell is the path of a file.

    Raises:
        OSError: it cannot be read.
        UnicodeError: its first line is not UTF-8.
    """
    with open_lines(path) as lines:
        if lines.delimiter:
            return lines.delimiter
        first = lines.file.readline().strip()
    fitting = [each for each in FOUND if _fits(path, each, num_columns)]
    if len(fitting) > 1 or not set(fitting) <= set(USUAL):
        num_paths = {each: num_with_path(path, each, is_there) for each in fitting}
        # Words of any text are parted by spaces, and classes in a cell by bars.
        fitting = [each for each in fitting if each in USUAL or num_paths[each]]
        fitting.sort(key=num_paths.__getitem__, reverse=True)
    if fitting:
        return fitting[0]
    found = most_frequent_delimiter(first)
    if found in first:
        return found
    if BAR in first and num_with_path(path, BAR, is_there):
        return BAR
    return SPACE if SPACE in first else found


@dataclass(frozen=True)
class Lines:
    """The lines of a table or list.

    Attributes:
        file: open for reading, at the first of them.
        num_before: how many lines of the file are none of the table.
        delimiter: that the file itself names, or "".
    """

    file: TextIO
    num_before: int
    delimiter: str


@contextlib.contextmanager
def open_lines(path: Path) -> Iterator[Lines]:
    """Open a table or list, behind a first line `sep=,` that only names its delimiter.

    Raises:
        OSError: it cannot be read.
        UnicodeError: its first line is not UTF-8.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        require_no_nul(first)
        sep = _SEP_LINE.fullmatch(first)
        if not sep:
            file.seek(0)
        yield Lines(file, 1 if sep else 0, sep[1] if sep else "")


def read_cells(lines: Iterable[str], delimiter: str) -> Any:
    """Return a reader of the cells of lines; any white space counts as one space."""
    if delimiter == SPACE:
        lines = (
            _QUOTED_OR_SPACE.sub(lambda found: found[1] or SPACE, line.strip()) + "\n"
            for line in lines
        )
    return csv.reader(lines, delimiter=delimiter, strict=True)


def sampled_rows(path: Path, delimiter: str) -> list[list[str]]:
    """Return the first lines of a table, as far as they can be read."""
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error, UnicodeDecodeError):
        rows.extend(itertools.islice(_rows(path, delimiter), SAMPLED))
    return rows


def _rows(path: Path, delimiter: str) -> Iterator[list[str]]:
    with open_lines(path) as lines:
        for row in read_cells(lines.file, delimiter):
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield cells


def _fits(path: Path, delimiter: str, num_columns: int | None) -> bool:
    """Return whether every line has as many cells, and more than one."""
    expected = num_columns
    try:
        for cells in _rows(path, delimiter):
            expected = len(cells) if expected is None else expected
            if len(cells) != expected or expected < 2:
                return False
    except (csv.Error, UnicodeDecodeError):
        return False
    return expected is not None


def num_with_path(path: Path, delimiter: str, is_there: Callable[[str], bool]) -> int:
    """Return how many of the first lines have a cell that names a picture."""
    return sum(
        any(
            Path(cell).suffix.lower() in IMAGE_SUFFIXES or is_there(cell)
            for cell in row
        )
        for row in sampled_rows(path, delimiter)
    )
