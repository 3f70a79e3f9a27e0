"""Lines that were parted wrongly: paths with a delimiter in them, unusual marks."""

import re
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

from headswap.params.data import DELIMITERS
from headswap.prepare.tables.delimiter import num_with_path

# Of these, every pair is looked at.
MAX_CELLS = 20


def join_path(
    cells: Sequence[str], delimiter: str, is_file: Callable[[str], bool]
) -> list[str]:
    """Return the cells of a line, with a path in one that its delimiters parted."""
    if not any(map(is_file, cells)):
        for start, end in combinations(range(min(len(cells), MAX_CELLS) + 1), 2):
            for mark in (delimiter, f"{delimiter} "):
                path = mark.join(cells[start:end])
                if end - start > 1 and is_file(path):
                    return [*cells[:start], path, *cells[end:]]
    return list(cells)


def quote_advice(
    cells: Sequence[str], delimiter: str, is_file: Callable[[str], bool]
) -> str:
    """Return what to do with a line that has another number of cells than columns."""
    joined = join_path(cells, delimiter, is_file)
    if path := next((cell for cell in joined if cell not in cells), ""):
        return f'Write quotes around each path with {delimiter!r} in it: "{path}".'
    return (
        f"Correct the line, with quotes around a cell with {delimiter!r} in it, "
        "data.columns or the delimiter."
    )


def other_mark(
    table: Path, cells: Sequence[str], is_file: Callable[[str], bool]
) -> str:
    """Return what parts the cells of a table, where the delimiter does not, or "".

    Args:
        table: its path.
        cells: of its first line, by the delimiter.
        is_file: says whether a cell is the path of a file.
    """
    marks = dict.fromkeys(re.sub(r"[\w ./\\\"'-]", "", "".join(cells)))
    return next((each for each in marks if num_with_path(table, each, is_file)), "")


def as_setting(mark: str) -> str:
    """Return a delimiter as a value of `data.delimiter`."""
    words = {letter: word for word, letter in DELIMITERS.items()}
    return words.get(mark, f'"{mark}"')
