"""CSV files that people and git read: UTF-8, comma, one header line.

Any text comes back as it was written. A spreadsheet would compute a cell that begins
like a formula; so such a cell has an apostrophe before it, which `read_table` takes
away again. Numbers have none.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

PathLike = str | Path

# Source: OWASP, "CSV Injection"; the last four are their wide forms.
_FORMULA = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


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


def read_table(path: PathLike) -> dict[str, list[str]]:
    """Return a CSV file as its columns, by name."""
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = list(map(unguarded, next(reader)))
        columns: list[list[str]] = [[] for _ in header]
        for row in reader:
            for column, value in zip(columns, row, strict=True):
                column.append(unguarded(value))
    return dict(zip(header, columns, strict=True))
