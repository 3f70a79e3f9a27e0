"""Reading label tables: delimiter, header and lines."""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from headswap.errors import InputError, listed
from headswap.params.data import PATH_COLUMN, Section
from headswap.prepare.layouts._columns import is_path
from headswap.prepare.layouts._delimiter import find_delimiter, read_cells


def open_table(
    path: Path,
    data: Section,
    is_there: Callable[[str], bool],
    advise: Callable[[], str],
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Return the column names and the (line number, cells) of every line after them.

    Args:
        path: of the table.
        data: the section, which may name the columns.
        is_there: says whether a cell is the path of a file.
        advise: returns a sentence, how the columns may be named.

    Raises:
        InputError: it cannot be read, or has other columns than `data.columns`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
        num_columns = None if data.columns is None else len(data.columns)
        delimiter = data.delimiter or find_delimiter(path, num_columns, is_there)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"data.table: {path} must be a readable UTF-8 table, got {error}. "
            "Check data.root and data.table."
        ) from error
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
        print(f"{path.name}: line 1 is its header: {listed(header)}")

    def records() -> Iterator[tuple[int, list[str]]]:
        # Read line by line, because such tables may have millions.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = read_cells(file, delimiter)
            try:
                for record in reader:
                    cells = [cell.strip() for cell in record]
                    if any(cells) and not (reader.line_num == 1 and has_header):
                        yield reader.line_num, cells
            except (csv.Error, UnicodeDecodeError) as error:
                raise InputError(
                    f"{path.name}, after line {reader.line_num}: it must be a table in "
                    f"UTF-8, got {error}. Look there for a quote that is not closed, "
                    "or save the file as UTF-8."
                ) from error

    return names, records()


def _is_row(
    cells: Sequence[str], names: Sequence[str], is_there: Callable[[str], bool]
) -> bool:
    """Return whether a first line has an image where the columns have the path."""
    return any(
        name == PATH_COLUMN and is_path(cell, is_there)
        for cell, name in zip(cells, names, strict=False)
    )
