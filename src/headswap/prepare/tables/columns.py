"""What the columns of a label table are: its tasks, and how they may be named."""

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from headswap.errors import InputError, listed
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


def is_path(cell: str, is_file: Callable[[str], bool]) -> bool:
    """Return whether a cell is a path rather than the name of a column.

    Args:
        cell: of a table.
        is_file: says whether a path is one of a file that is there.
    """
    return "/" in cell or "\\" in cell or _is_image(is_file)(cell)


def _is_image(is_file: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda cell: Path(cell).suffix.lower() in IMAGE_SUFFIXES or is_file(cell)


def suggest(table: Path, data: Section, is_file: Callable[[str], bool]) -> str:
    """Return a sentence: which `data.columns` the first lines of a table ask for."""
    delimiter = data.delimiter or find_delimiter(table, None, is_file)
    rows = sampled_rows(table, delimiter)
    if not rows:
        return "Check data.table: it is empty."
    joined = [join_path(row, delimiter, is_file) for row in rows]
    quoted = [row for row, whole in zip(rows, joined, strict=True) if row != whole]
    first = f"{quote_advice(quoted[0], delimiter, is_file)} " if quoted else ""
    rows = joined
    usual = [row for row in rows if len(row) == len(rows[0])]
    columns = list(zip(*(usual[1:] or usual), strict=True))
    num_images = [sum(map(_is_image(is_file), column)) for column in columns]
    if not any(num_images):
        if mark := other_mark(table, rows[0], is_file):
            found = suggest(table, replace(data, delimiter=mark), is_file)
            return f"Set data.delimiter={as_setting(mark)}. {found}"
        return (
            f"None of its columns names files below {data.root}: correct the paths, or "
            "data.root."
        )
    path = num_images.index(max(num_images))
    has_header = not is_path(rows[0][path], is_file)
    header = rows[0] if has_header else [""] * len(rows[0])
    cells = list(map(set, columns))
    flags = class_columns(list(zip(header, cells, strict=True)))
    if not all(header[number] for number in flags) or not kind_of(
        {cell for number in flags for cell in cells[number]}
    ):
        flags = []
    names: list[str] = []
    for number, (name, column) in enumerate(zip(header, columns, strict=True)):
        role = looks_like(name, cells[number], len(column))
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
        elif role == PART and PART_LEVEL not in names and are_parts(cells[number]):
            taken = PART_LEVEL
        elif role or is_nameless or is_mark:
            taken = SKIPPED
        else:
            taken = plain if re.match("[A-Za-z]", plain) else "label"
        repeats = taken in names and taken != SKIPPED
        names.append(f"{taken}{number + 1}" if repeats else taken)
    advice = f"{first}Set data.columns=[{','.join(names)}]"
    if flags and not data.one_hot:
        task = "labels_" if "labels" in names else "labels"
        classes = ",".join(names[number] for number in flags)
        advice += f" and +data.one_hot.{task}=[{classes}]"
    return f"{advice}, where _ is a column not to read."


def task_columns(
    table: str,
    columns: Sequence[str],
    data: Section,
    earlier: Sequence[str],
    advice: Callable[[], str],
) -> list[str]:
    """Return the tasks of a table, in the order of the tables before it.

    Args:
        table: its name.
        columns: their names.
        data: the section.
        earlier: the tasks of the tables before it, if there are any.
        advice: returns a sentence, how the columns may be named.

    Raises:
        InputError: a column is missing, or a name does not fit.
    """
    tasks = list(data.tasks_among(columns) if data.tasks is None else data.tasks)
    no_tasks = [*([data.group] if data.group else []), *data.slices]
    needed = [PATH_COLUMN, *tasks, *dict.fromkeys(no_tasks)]
    lacking = [
        name for name in needed if name not in columns and name not in data.one_hot
    ]
    lacking += [name for name in data.multilabel if name not in tasks]
    lacking += [
        pattern
        for patterns in data.one_hot.values()
        for pattern in patterns
        if pattern not in columns and not fnmatch.filter(columns, pattern)
    ]
    if lacking or not tasks:
        wanted = [name for name in lacking if name != PATH_COLUMN]
        also = f" What data calls {listed(wanted)} has to be there." if wanted else ""
        raise InputError(
            f"{table}: it must have the columns {PATH_COLUMN} and one a task, got "
            f"{', '.join(columns)}{f' without {listed(lacking)}' if lacking else ''}. "
            f"{advice()}{also}"
        )
    # As in data.levels: a task's name is part of file names and of metrics' names.
    wrong = [name for name in tasks if not re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name)]
    if wrong:
        raise InputError(
            f"{table}: a task must be named by a letter and then letters, digits or _, "
            f"got {listed(list(map(repr, wrong)))}. {advice()} If they hold 0 and 1, "
            "or no and yes, name one task for all of them in data.one_hot instead."
        )
    named = [name for name in columns if name != SKIPPED]
    named += data.one_hot
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise InputError(
            f"{table}: it must have columns of different names, got {listed(twice)} "
            f"more than once. {advice()}"
        )
    unknown = [name for name in data.class_names if name not in tasks]
    if unknown:
        raise InputError(
            f"data.class_names: it must name files for tasks of {table}, "
            f"{', '.join(tasks)}, got {listed(unknown)}. Name one of these there "
            "instead, or take it out of data.class_names in params.yaml."
        )
    if earlier and set(earlier) != set(tasks):
        raise InputError(
            f"{table}: it must have the tasks of the tables before it, "
            f"{', '.join(earlier)}, got {', '.join(tasks)}. Name the tasks that all "
            "tables have in data.tasks."
        )
    return list(earlier) or tasks
