"""`csv`: tables with a path column and one column a task.

`data.table` names one table, which may have a `split` column; `data.tables` names one
table a part. A table has a header, or its columns are named by `data.columns`. Comma,
tab and semicolon are told apart by the first line. Classes may be numeric ids that
`data.class_names` gives names to.
"""

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from headswap.errors import InputError, listed, raise_faults
from headswap.layouts import Listing, Row
from headswap.layouts._files import given_part, num_unnamed_images, require_folder
from headswap.params.data import PART_LEVEL, Section
from headswap.tasks import LABEL_SEPARATOR

PATH_COLUMN = "path"
DELIMITERS = ",\t;"


def read(data: Section) -> Listing:
    """Return the images that the tables name.

    Raises:
        InputError: with every table, column, path or label that does not fit.
    """
    root = require_folder(data.root)
    faults: list[str] = []
    rows: dict[str, Row] = {}
    missing, outside, conflicts = [], [], []
    tasks: list[str] = []
    for part, table in _tables(data):
        columns, records = _read_table(root / table, data.columns)
        tasks = _task_columns(table, columns, data)
        names = {task: _read_names(root, data, task) for task in tasks}
        for line, record in records:
            if len(record) != len(columns):
                faults.append(
                    f"{table}, line {line}: it must have {len(columns)} cells, got "
                    f"{len(record)}. Correct the line, data.columns or the delimiter."
                )
                continue
            cells = dict(zip(columns, record, strict=True))
            path = _relative(cells[PATH_COLUMN], root)
            if path is None:
                outside.append(cells[PATH_COLUMN])
            elif not (root / path).is_file():
                missing.append(path)
            else:
                part_name = part or cells.get(PART_LEVEL, "")
                where = f"{table}, line {line}"
                row = Row(
                    path,
                    tuple(
                        _classes(cells[task], task, names[task], data, where, faults)
                        for task in tasks
                    ),
                    given_part(part_name, data, where) if part_name else "",
                )
                if rows.setdefault(path, row) != row:
                    conflicts.append(path)
    raise_faults(
        faults
        + _path_faults(missing, outside, conflicts, data)
        + ([] if rows or missing else ["data.table: it must name images, got none."])
    )
    for path in conflicts:
        rows.pop(path, None)
    return Listing(
        root,
        [rows[path] for path in sorted(rows)],
        {
            task: "multilabel" if task in data.multilabel else "multiclass"
            for task in tasks
        },
        num_unlabelled=num_unnamed_images(root, set(rows)),
        rejected=[
            (path, "has two different labels") for path in sorted(set(conflicts))
        ],
    )


def _tables(data: Section) -> list[tuple[str, str]]:
    """Return (part name or "", table) of every table."""
    if (data.table is None) == (not data.tables):
        raise InputError(
            "params.yaml: data.table or data.tables must be given for the layout csv, "
            f"got {'both' if data.tables else 'neither'}. Name the label table there."
        )
    if data.table is not None:
        return [("", data.table)]
    return list(data.tables.items())


def _read_table(
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
    delimiter = max(DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    header = [name.strip() for name in header]

    def records() -> Iterator[tuple[int, list[str]]]:
        # Read line by line, because such tables may have millions.
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            for record in reader:
                cells = [cell.strip() for cell in record]
                if any(cells) and not (reader.line_num == 1 and cells == names):
                    yield reader.line_num, cells

    names = list(columns) if columns is not None else header
    return names, records()


def _task_columns(table: str, columns: Sequence[str], data: Section) -> list[str]:
    tasks = [name for name in columns if name not in (PATH_COLUMN, PART_LEVEL)]
    if data.tasks is not None:
        tasks = list(data.tasks)
    lacking = [name for name in [PATH_COLUMN, *tasks] if name not in columns]
    lacking += [name for name in data.multilabel if name not in tasks]
    if lacking or not tasks:
        raise InputError(
            f"{table}: it must have the columns {PATH_COLUMN} and one a task, got "
            f"{', '.join(columns)}{f' without {listed(lacking)}' if lacking else ''}. "
            "Give the table a header, or name its columns in data.columns."
        )
    return tasks


def _read_names(root: Path, data: Section, task: str) -> Mapping[str, str] | None:
    """Return the class name of each numeric id, or None where there are no ids.

    A line is `<id> <name>`, or a name alone, the first being id 0.
    """
    if task not in data.class_names:
        return None
    path = root / data.class_names[task]
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"data.class_names: {path} must be a readable UTF-8 file, got {error}. "
            "Check data.root and data.class_names."
        ) from error
    lines = [line.strip() for line in lines if line.strip()]
    pairs = [
        line.replace(",", " ").replace(";", " ").split(maxsplit=1) for line in lines
    ]
    if all(len(pair) == 2 and pair[0].isdecimal() for pair in pairs):
        return {str(int(number)): name.strip() for number, name in pairs}
    return {str(number): name for number, name in enumerate(lines)}


def _classes(
    cell: str,
    task: str,
    names: Mapping[str, str] | None,
    data: Section,
    where: str,
    faults: list[str],
) -> tuple[str, ...]:
    """Return the classes in a cell, and note what is wrong with it."""
    labels = [cell]
    if task in data.multilabel:
        labels = [label.strip() for label in cell.split(LABEL_SEPARATOR)]
        labels = [label for label in labels if label]
    elif not cell:
        faults.append(f"{where}: {task} must have a class, got none. Fill in the cell.")
    if names is not None:
        unknown = [label for label in labels if label not in names]
        if unknown:
            faults.append(
                f"{where}: {task} must be an id in {data.class_names[task]}, got "
                f"{listed(unknown)}. Correct the id, or add its name there."
            )
        labels = [names.get(label, label) for label in labels]
    return tuple(sys.intern(label) for label in labels)


def _relative(cell: str, root: Path) -> str | None:
    """Return a path below the root, or None where it leads outside."""
    path = PurePosixPath(cell.replace("\\", "/"))
    if path.is_absolute():
        if not path.is_relative_to(root.resolve().as_posix()):
            return None
        path = path.relative_to(root.resolve().as_posix())
    parts: list[str] = []
    for part in path.parts:
        if part != "..":
            parts.append(part)
        elif not parts:
            return None
        else:
            parts.pop()
    return "/".join(parts)


def _path_faults(
    missing: Sequence[str],
    outside: Sequence[str],
    conflicts: Sequence[str],
    data: Section,
) -> list[str]:
    faults = []
    if missing:
        faults.append(
            f"data.table: every path must be a file below {data.root}, got "
            f"{len(missing)} missing: {listed(missing)}. Add the files, remove the "
            "lines, or check data.root."
        )
    if outside:
        faults.append(
            f"data.table: every path must stay below {data.root}, got {len(outside)} "
            f"that lead outside: {listed(outside)}. Move the files or set data.root."
        )
    if conflicts and data.conflicts == "fail":
        faults.append(
            f"data.table: a path must have one label, got {len(conflicts)} named twice "
            f"with different ones: {listed(conflicts)}. Correct the table, or set "
            "data.conflicts=drop."
        )
    return faults
