"""Reading label tables: delimiter, header and lines."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from headswap.errors import InputError, listed
from headswap.params.data import PATH_COLUMN, Section
from headswap.prepare.tables.advice import is_path
from headswap.prepare.tables.delimiter import find_delimiter, open_lines, read_cells
from headswap.prepare.tables.unreadable import unreadable


@dataclass(frozen=True)
class Table:
    """A table that has been opened.

    Attributes:
        columns: their names, in order.
        delimiter: what parts its cells.
        records: (line number, cells) of every line after the header.
    """

    columns: list[str]
    delimiter: str
    records: Iterator[tuple[int, list[str]]]


def open_table(
    path: Path,
    data: Section,
    is_there: Callable[[str], bool],
    advise: Callable[[], str],
) -> Table:
    """Return a table whose lines are read one by one.

    Args:
        path: of the table.
        data: the section, which may name the columns.
        is_there: says whether a cell is the path of a file.
        advise: returns a sentence, how the columns may be named.

    Raises:
        InputError: it cannot be read, or has other columns than `data.columns`.
    """
    try:
        with open_lines(path) as lines:
            first = lines.file.readline()
        num_columns = None if data.columns is None else len(data.columns)
        delimiter = data.delimiter or find_delimiter(path, num_columns, is_there)
    except (OSError, UnicodeError) as error:
        remedy = "Check data.root and data.table."
        raise InputError(unreadable("data.table", path, error, remedy)) from error
    try:
        header = [name.strip() for name in next(read_cells([first], delimiter), [])]
    except csv.Error:  # A quote that goes on to the next line.
        header = [name.strip() for name in first.split(delimiter)]
    names = header if data.columns is None else list(data.columns)
    has_header = data.columns is None or not _is_row(header, names, is_there)
    misplaced = has_header and any(
        name in header and name != cell
        for name, cell in zip(names, header, strict=False)
    )
    if len(header) != len(names) or misplaced:
        raise InputError(
            f"data.columns: it must name every column of {path.name}, in order, got "
            f"{', '.join(names)} for {', '.join(header)}. {advise()}"
        )
    if has_header and header != names:
        print(
            f"{path.name}: line {lines.num_before + 1} is its header: {listed(header)}"
        )

    def records() -> Iterator[tuple[int, list[str]]]:
        # Read line by line, because such tables may have millions.
        with open_lines(path) as lines:
            reader = read_cells(lines.file, delimiter)
            try:
                for record in reader:
                    cells = [cell.strip() for cell in record]
                    if any(cells) and not (reader.line_num == 1 and has_header):
                        yield reader.line_num + lines.num_before, cells
            except (csv.Error, UnicodeDecodeError) as error:
                last = reader.line_num + lines.num_before
                raise InputError(
                    f"{path.name}, after line {last}: it must be a table in UTF-8, got "
                    f"{error}. Look there for a quote that is not closed, or save the "
                    "file as UTF-8."
                ) from error

    return Table(names, delimiter, records())


def _is_row(
    cells: Sequence[str], names: Sequence[str], is_there: Callable[[str], bool]
) -> bool:
    """Return whether a first line has an image where the columns have the path."""
    return any(
        name == PATH_COLUMN and is_path(cell, is_there)
        for cell, name in zip(cells, names, strict=False)
    )
