"""CSV files that people and git read: UTF-8, comma, one header line.

Any text comes back as it was written. A spreadsheet would compute a cell that begins
like a formula; so such a cell has an apostrophe before it, which `read_table` takes
away again. Numbers have none.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Protocol

from headswap.errors import listed

PathLike = str | Path

# Source: OWASP, "CSV Injection"; the last four are their wide forms.
_FORMULA = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
# Fewer than the new objects after which Python looks for garbage, in all columns too.
_ROWS_AT_A_TIME = 256
# Different texts of a column from which on looking for equal ones costs more than it
# saves: a dictionary takes 100 bytes each.
_MOST_SHARED = 20_000


class Output(Protocol):
    """What text is written to."""

    def write(self, text: str, /) -> object:
        """Write text."""


class TableWriter:
    """Writes rows to a CSV file.

    Args:
        file: open for text, without translation of line ends.
    """

    def __init__(self, file: Output):
        self._file = file
        # Python below 3.13 quotes a carriage return only where lines end with one.
        self._writer = csv.writer(self, lineterminator="\r\n")

    def write(self, line: str) -> None:
        """Take one line from `csv`."""
        self._file.write(line.removesuffix("\r\n") + "\n")

    def writerow(self, row: Iterable[object]) -> None:
        """Write one row."""
        self._writer.writerow(map(_guarded, row))

    def writerows(self, rows: Iterable[Iterable[object]]) -> None:
        """Write many rows."""
        for row in rows:
            self.writerow(row)


def _guarded(cell: object) -> object:
    if not isinstance(cell, str) or not _FORMULA.match(cell) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def is_text(name: str) -> bool:
    """Return whether a file's name is UTF-8; Python reads other bytes as surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def unguarded(cell: str) -> str:
    """Return a cell of a file as it was meant."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


@contextmanager
def table_writer(path: PathLike, header: Sequence[str]) -> Iterator[TableWriter]:
    """Open a CSV file, write its header and yield the row writer."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = TableWriter(file)
        writer.writerow(header)
        yield writer


def write_table(
    path: PathLike, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Write a whole CSV file."""
    with table_writer(path, header) as writer:
        writer.writerows(rows)


def read_table(
    path: PathLike, is_wanted: Callable[[str], bool] = lambda name: True
) -> dict[str, list[str]]:
    """Return a CSV file as its columns, by name.

    A column of few different texts holds each of them once, so a million rows take
    little memory.

    Args:
        path: of the file.
        is_wanted: whether a column of that name is; others are not kept.

    Raises:
        ValueError: a row has more or fewer cells than the header.
    """
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = list(map(unguarded, next(reader)))
        kept = {
            place: _Column() for place, name in enumerate(header) if is_wanted(name)
        }
        while rows := list(islice(reader, _ROWS_AT_A_TIME)):
            if set(map(len, rows)) != {len(header)}:
                raise ValueError(
                    f"{path}: a row must have {len(header)} cells, as the header has, "
                    f"got {listed(sorted({*map(len, rows)} - {len(header)}))}. Make "
                    "the file again."
                )
            for place, cells in enumerate(zip(*rows, strict=True)):
                if place in kept:
                    kept[place].extend(cells)
    return {header[place]: column.cells for place, column in kept.items()}


class _Column:
    """The cells of a column, each text once as long as there are few different ones.

    Attributes:
        cells: as they were meant.
    """

    def __init__(self) -> None:
        self.cells: list[str] = []
        self._texts: dict[str, str] = {}

    def extend(self, cells: Sequence[str]) -> None:
        """Append cells as they stand in the file."""
        # Looked for in all at once: hardly any file has one.
        if "'" in "".join(cells):
            cells = [unguarded(cell) for cell in cells]
        if len(self._texts) < _MOST_SHARED:
            cells = list(map(self._texts.setdefault, cells, cells))
        self.cells.extend(cells)
