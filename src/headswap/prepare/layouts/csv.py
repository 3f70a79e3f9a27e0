"""`csv`: tables with a path column and one column a task.

`data.table` names one table, which may have a `split` column; `data.tables` names one
table a part. A table has a header, or `data.columns` names its columns in order,
whether or not it has one: `path`, `split`, `_` for one that is not read, and tasks.
What separates cells is found, or `data.delimiter` says so. Classes may be numeric ids
that `data.class_names` gives names to, several in one cell (`data.multilabel`), or
columns of 0 and 1 or the like (`data.one_hot`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from headswap.artifacts.dataset.tasks import Kind
from headswap.errors import MAX_LISTED, InputError, listed, raise_faults
from headswap.params.data import PART_LEVEL, PATH_COLUMN, Section
from headswap.prepare.choice import choose
from headswap.prepare.listing import Listing, Row
from headswap.prepare.parts import require_parts
from headswap.prepare.tables.advice import suggest
from headswap.prepare.tables.cells import Cells
from headswap.prepare.tables.columns import task_columns
from headswap.prepare.tables.names import read_names
from headswap.prepare.tables.parted import quote_advice
from headswap.prepare.tables.paths import Paths
from headswap.prepare.tables.reading import open_table
from headswap.prepare.tables.unclear import require_clear_tasks
from headswap.prepare.walking import (
    num_unnamed_images,
    require_folder,
)

# What a path has one of, and where a row holds it.
UNIQUE = {
    "label": "labels",
    "part": "given_part",
    "group": "given_group",
    "slice": "slices",
}


def read(data: Section) -> Listing:
    """Return the images that the tables name.

    Raises:
        InputError: with every table, column, path or label that does not fit.
    """
    root = require_folder(data.root)
    paths = Paths(root)
    faults: list[str] = []
    rows: dict[str, Row] = {}
    conflicts: dict[str, set[str]] = {}
    labels = Cells(data)
    tasks: list[str] = []
    for part, table in _tables(data):
        advise = partial(suggest, root / table, data, paths.is_there)
        opened = open_table(root / table, data, paths.is_there, advise)
        columns = opened.columns
        tasks = task_columns(table, columns, data, tasks, advise)
        one_hot = data.one_hot_among(columns)
        for line, record in opened.records:
            if len(record) != len(columns):
                remedy = ""
                if len(faults) < MAX_LISTED:  # No more are shown.
                    remedy = quote_advice(record, opened.delimiter, paths.is_there)
                faults.append(
                    f"{table}, line {line}: it must have {len(columns)} cells, got "
                    f"{len(record)}. {remedy}"
                )
                continue
            cells = dict(zip(columns, record, strict=True))
            if (path := paths.take(cells[PATH_COLUMN])) is None:
                continue
            where = f"{table}, line {line}"
            row = Row(
                path,
                tuple(labels.read(task, cells, one_hot, where) for task in tasks),
                # By its own name until all names are known to be good.
                part or cells.get(PART_LEVEL, ""),
                cells[data.group] if data.group else "",
                tuple(cells[name] for name in data.slices),
            )
            if not data.tasks_of_several and not any(row.labels):
                remedy = " a cell, or remove the line." if tasks[1:] else " the cell."
                faults.append(
                    f"{where}: {' or '.join(tasks)} must have a class, got none. Fill "
                    f"in{remedy}"
                )
            first = rows.setdefault(path, row)
            if first != row:
                conflicts.setdefault(path, set()).update(_differing(first, row))
    # Before other faults: what is no task need not be filled in.
    require_clear_tasks(table, tasks, rows.values(), data)
    faults += labels.faults() + paths.faults() + _conflict_faults(conflicts, data)
    if not rows and not faults:
        faults.append(
            "data.table: it must name images, got none. Check data.root and data.table."
        )
    raise_faults(faults)
    own_parts = {row.given_part for row in rows.values()} - {""}
    parts = require_parts(own_parts, data, "data.table")
    num_unlabelled = num_unnamed_images(root, rows)
    for path in conflicts:
        rows.pop(path, None)
    kinds: dict[str, Kind] = {
        task: "multilabel" if task in data.tasks_of_several else "multiclass"
        for task in tasks
    }
    ordered = [row for _, row in sorted(rows.items())]
    named = _name_classes(ordered, tasks, labels.ids, root, data)
    labels.say(tasks)
    paths.say()
    kept, left_out = choose(named, kinds, data)
    return Listing(
        root,
        [replace(row, given_part=parts.get(row.given_part, "")) for row in kept],
        kinds,
        num_unlabelled=num_unlabelled,
        rejected=[
            (path, f"has more than one {' and '.join(_in_order(differing))}")
            for path, differing in sorted(conflicts.items())
        ]
        + left_out,
        advice="Set data.tasks to columns that tell images apart, or add such images.",
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


def _name_classes(
    rows: Sequence[Row],
    tasks: Sequence[str],
    seen: Mapping[str, Mapping[str, str]],
    root: Path,
    data: Section,
) -> list[Row]:
    """Return the rows with names instead of ids, where `data.class_names` has some.

    Raises:
        InputError: an id has no name, or a file of names does not show what it means.
    """
    by_task, faults = {}, []
    for task in tasks:
        if task not in data.class_names or not rows:
            continue
        file = read_names(root / data.class_names[task], seen[task])
        if set(seen[task]) <= set(file.names):
            raise InputError(
                f"data.class_names: {task} must have ids in the table, got names that "
                f"are in {file.path.name}. Take {task} out of data.class_names in "
                "params.yaml."
            )
        by_task[task] = file.by_id(task, seen[task])
        faults += [
            f"{where}: {task} must be an id in {data.class_names[task]}, got {label}. "
            "Correct the id, or add its name there."
            for label, where in seen[task].items()
            if label not in by_task[task]
        ]
    raise_faults(faults)
    if not by_task:
        return list(rows)
    return [
        replace(
            row,
            labels=tuple(
                tuple(by_task[task][label] for label in labels)
                if task in by_task
                else labels
                for task, labels in zip(tasks, row.labels, strict=True)
            ),
        )
        for row in rows
    ]


def _differing(first: Row, second: Row) -> set[str]:
    return {
        name
        for name, column in UNIQUE.items()
        if getattr(first, column) != getattr(second, column)
    }


def _in_order(names: Collection[str]) -> list[str]:
    return [name for name in UNIQUE if name in names]


def _conflict_faults(conflicts: Mapping[str, set[str]], data: Section) -> list[str]:
    if not conflicts or data.conflicts == "drop":
        return []
    differing = " and ".join(_in_order(set().union(*conflicts.values())))
    return [
        f"data.table: a path must have one {differing}, got {len(conflicts)} named "
        f"again with another: {listed(sorted(conflicts))}. Correct the table, or set "
        "data.conflicts=drop."
    ]
