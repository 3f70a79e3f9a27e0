"""Reading label tables: delimiter, header, tasks, lines, and files that name ids."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from headswap.errors import InputError, listed
from headswap.params.data import PART_LEVEL, PATH_COLUMN, Section

DELIMITERS = ",\t;"


def read_table(
    path: Path, columns: Sequence[str] | None
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Return the column names and the (line number, cells) of every line after them."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            first = file.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"data.table: {path} must be a readable UTF-8 table, got {error}. "
            "Check data.root and data.table."
        ) from error
    delimiter = max(DELIMITERS, key=re.sub(r'"[^"]*"', "", first).count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    header = [name.strip() for name in header]

    def records() -> Iterator[tuple[int, list[str]]]:
        # Read line by line, because such tables may have millions.
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            try:
                for record in reader:
                    cells = [cell.strip() for cell in record]
                    if any(cells) and not (reader.line_num == 1 and cells == names):
                        yield reader.line_num, cells
            except (csv.Error, UnicodeDecodeError) as error:
                raise InputError(
                    f"{path.name}, after line {reader.line_num}: it must be a table in "
                    f"UTF-8, got {error}. Look there for a quote that is not closed, "
                    "or save the file as UTF-8."
                ) from error

    names = list(columns) if columns is not None else header
    return names, records()


def read_names(path: Path) -> Mapping[str, str]:
    """Return the class name of each numeric id.

    A line is `<id> <name>`, or a name alone, the first being id 0.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"data.class_names: {path} must be a readable UTF-8 file, got {error}. "
            "Check data.root and data.class_names."
        ) from error
    lines = [line.strip() for line in lines if line.strip()]
    pairs = [re.fullmatch(r"(\d+)[\s,;]+(.+)", line) for line in lines]
    if all(pairs):
        return {str(int(pair[1])): pair[2] for pair in pairs if pair}
    return {str(number): name for number, name in enumerate(lines)}


def task_columns(
    table: str, columns: Sequence[str], data: Section, earlier: Sequence[str]
) -> list[str]:
    """Return the tasks of a table, in the order of the tables before it."""
    no_tasks = (PATH_COLUMN, PART_LEVEL, data.group)
    tasks = [name for name in columns if name not in no_tasks]
    if data.tasks is not None:
        tasks = list(data.tasks)
    needed = [PATH_COLUMN, *tasks, *([data.group] if data.group else [])]
    lacking = [name for name in needed if name not in columns]
    lacking += [name for name in data.multilabel if name not in tasks]
    if lacking or not tasks:
        raise InputError(
            f"{table}: it must have the columns {PATH_COLUMN} and one a task, got "
            f"{', '.join(columns)}{f' without {listed(lacking)}' if lacking else ''}. "
            "Give the table a header, or name its columns in data.columns."
        )
    # As in data.levels: a task's name is part of file names and of metrics' names.
    wrong = [name for name in tasks if not re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name)]
    if wrong:
        raise InputError(
            f"{table}: a task must be named by a letter and then letters, digits or _, "
            f"got {listed(list(map(repr, wrong)))}. Rename the column, or choose "
            "others in data.tasks."
        )
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise InputError(
            f"{table}: it must have columns of different names, got {listed(twice)} "
            "more than once. Rename one."
        )
    if earlier and set(earlier) != set(tasks):
        raise InputError(
            f"{table}: it must have the tasks of the tables before it, "
            f"{', '.join(earlier)}, got {', '.join(tasks)}. Name the tasks that all "
            "tables have in data.tasks."
        )
    return list(earlier) or tasks
