"""How the columns of a label table may be named, by what its first lines hold."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from headswap.params.data import PART_LEVEL, PATH_COLUMN, SKIPPED, Section
from headswap.prepare.meaning import are_parts
from headswap.prepare.tables.delimiter import find_delimiter, sampled_rows
from headswap.prepare.tables.flags import kind_of
from headswap.prepare.tables.parted import (
    as_setting,
    join_path,
    other_mark,
    quote_advice,
)
from headswap.prepare.tables.roles import PART, class_columns, looks_like
from headswap.prepare.walking import IMAGE_SUFFIXES

IsFile = Callable[[str], bool]


def is_path(cell: str, is_file: IsFile) -> bool:
    """Return whether a cell is a path rather than the name of a column.

    Args:
        cell: of a table.
        is_file: says whether a path is one of a file that is there.
    """
    return "/" in cell or "\\" in cell or _is_image(is_file)(cell)


def _is_image(is_file: IsFile) -> IsFile:
    return lambda cell: Path(cell).suffix.lower() in IMAGE_SUFFIXES or is_file(cell)


def suggest(table: Path, data: Section, is_file: IsFile) -> str:
    """Return a sentence: which `data.columns` the first lines of a table ask for."""
    delimiter = data.delimiter or find_delimiter(table, None, is_file)
    rows = sampled_rows(table, delimiter)
    if not rows:
        return "Check data.table: it is empty."
    joined = [join_path(row, delimiter, is_file) for row in rows]
    quoted = [row for row, whole in zip(rows, joined, strict=True) if row != whole]
    first = f"{quote_advice(quoted[0], delimiter, is_file)} " if quoted else ""
    usual = [row for row in joined if len(row) == len(joined[0])]
    columns = list(zip(*(usual[1:] or usual), strict=True))
    num_images = [sum(map(_is_image(is_file), column)) for column in columns]
    if not any(num_images):
        if mark := other_mark(table, joined[0], is_file):
            found = suggest(table, replace(data, delimiter=mark), is_file)
            return f"Set data.delimiter={as_setting(mark)}. {found}"
        return (
            f"None of its columns names files below {data.root}: correct the paths, or "
            "data.root."
        )
    path = num_images.index(max(num_images))
    has_header = not is_path(joined[0][path], is_file)
    header = joined[0] if has_header else [""] * len(joined[0])
    flags = _flags(header, columns)
    names = _names(header, columns, path, flags, has_header, data)
    advice = f"{first}Set data.columns=[{','.join(names)}]"
    if flags and not data.one_hot:
        task = "labels_" if "labels" in names else "labels"
        classes = ",".join(names[number] for number in flags)
        advice += f" and +data.one_hot.{task}=[{classes}]"
    return f"{advice}, where _ is a column not to read."


def _flags(header: Sequence[str], columns: Sequence[Sequence[str]]) -> Sequence[int]:
    """Return the numbers of the columns that each say whether a class is there."""
    cells = list(map(set, columns))
    flags = class_columns(list(zip(header, cells, strict=True)))
    is_named = all(header[number] for number in flags)
    said = {cell for number in flags for cell in cells[number]}
    return flags if is_named and kind_of(said) else []


def _names(
    header: Sequence[str],
    columns: Sequence[Sequence[str]],
    path: int,
    flags: Sequence[int],
    has_header: bool,
    data: Section,
) -> list[str]:
    """Return a name for every column.

    Args:
        header: their names in the table, empty where there are none.
        columns: their cells.
        path: the number of the column of paths.
        flags: the numbers of those that stand for a class each.
        has_header: whether the table names its columns.
        data: the section.
    """
    names: list[str] = []
    for number, (name, column) in enumerate(zip(header, columns, strict=True)):
        cells = set(column)
        role = looks_like(name, cells, len(column))
        # As the index of a data frame, and marks between cells: a.jpg -> cat
        is_nameless = has_header and not name
        is_mark = not any(re.search(r"\w", cell) for cell in column)
        plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
        if number == path:
            taken = PATH_COLUMN
        elif name and name in (data.group, *data.slices):
            taken = name
        elif number in flags:  # A class, which may begin with a digit.
            taken = plain if re.search("[A-Za-z]", plain) else f"class_{plain}"
        elif role == PART and PART_LEVEL not in names and are_parts(cells):
            taken = PART_LEVEL
        elif role or is_nameless or is_mark:
            taken = SKIPPED
        else:
            taken = plain if re.match("[A-Za-z]", plain) else "label"
        repeats = taken in names and taken != SKIPPED
        names.append(f"{taken}{number + 1}" if repeats else taken)
    return names
