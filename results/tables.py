"""The `tables` of runs.yaml -> tables whose cells are text or point at figures.

A table has `columns`, `rows` and optionally `cells`. A column is its heading, or
`heading: {...}`. A cell of a row is text, which is shown as it is, or a mapping, which
points at figures: `run`, `task`, `part`, `metric` (or a list of metrics), `format` and,
for the figures of one class, `class`. What a cell does not say is taken from its
column, and then from the table's `cells`. Where a row is shorter than the columns, its
last cell, a mapping, stands for the columns that are left.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from results.faults import fault, take_list, take_mapping

PARTS = ("train", "validation", "test")
KEYS = ("run", "task", "part", "metric", "format")
CLASS = "class"


@dataclass(frozen=True)
class Reference:
    """A cell that shows figures of a run.

    Attributes:
        run: by its name.
        task: as in the figures, or a relation between tasks.
        part: train, validation or test.
        metrics: shown one after the other.
        format: of a figure, such as `.3f`.
        class_name: whose figures; None for those over all classes.
    """

    run: str
    task: str
    part: str
    metrics: tuple[str, ...]
    format: str
    class_name: str | None = None


Cell = str | Reference


@dataclass(frozen=True)
class Table:
    """A table of the README.

    Attributes:
        headings: of its columns.
        rows: with as many cells as there are headings.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def parse_tables(
    tables: Any, runs: Collection[str], faults: list[str]
) -> dict[str, Table]:
    """Return the tables by name.

    Args:
        tables: that section of runs.yaml, as read.
        runs: the names of all runs.
        faults: where what is wrong is added.
    """
    return {
        name: _table(f"tables.{name}", table, runs, faults)
        for name, table in take_mapping("tables", tables, faults).items()
    }


def _table(what: str, table: Any, runs: Collection[str], faults: list[str]) -> Table:
    table = take_mapping(what, table, faults)
    known = ("columns", "rows", "cells")
    for key in table:
        if key not in known:
            faults.append(fault(what, f"made of {', '.join(known)}", key, "Remove it"))
    shared = take_mapping(f"{what}.cells", table.get("cells", {}), faults)
    columns = [
        _column(f"{what}.columns", column, faults)
        for column in take_list(f"{what}.columns", table.get("columns"), faults)
    ]
    rows = []
    for number, cells in enumerate(
        take_list(f"{what}.rows", table.get("rows"), faults), start=1
    ):
        row = f"row {number} of {what}"
        cells = _fill(row, take_list(row, cells, faults), len(columns), faults)
        rows.append(
            tuple(
                _cell(row, cell, {**shared, **column}, runs, faults)
                for cell, (_, column) in zip(cells, columns, strict=False)
            )
        )
    return Table(tuple(heading for heading, _ in columns), tuple(rows))


def _column(what: str, column: Any, faults: list[str]) -> tuple[str, dict[str, Any]]:
    """Return a column's heading and what its cells share."""
    if isinstance(column, str):
        return column, {}
    column = take_mapping(what, column, faults)
    if len(column) != 1:
        faults.append(
            fault(what, "a heading or one `heading: {...}`", column, "Write it so")
        )
        return "", {}
    heading, shared = next(iter(column.items()))
    return heading, take_mapping(f"{what}, {heading},", shared, faults)


def _fill(row: str, cells: list[Any], width: int, faults: list[str]) -> list[Any]:
    """Return the cells with the last one repeated up to the last column."""
    if cells and len(cells) < width and isinstance(cells[-1], dict):
        return cells + cells[-1:] * (width - len(cells))
    if len(cells) != width:
        expected = f"{width} cells, or fewer with a mapping at its end,"
        faults.append(fault(row, expected, len(cells), "Give each column its cell"))
    return cells


def _cell(
    row: str,
    cell: Any,
    shared: Mapping[str, Any],
    runs: Collection[str],
    faults: list[str],
) -> Cell:
    if isinstance(cell, str):
        return cell
    if not isinstance(cell, dict):
        faults.append(fault(f"a cell in {row}", "text or a mapping", cell, "Quote it"))
        return ""
    said = {**shared, **cell}
    metrics = said.get("metric")
    said["metric"] = metrics if isinstance(metrics, list) and metrics else [metrics]
    if found := _reference_faults(f"of a cell in {row}", said, runs):
        faults += found
        return ""
    return Reference(
        said["run"],
        said["task"],
        said["part"],
        tuple(said["metric"]),
        said["format"],
        said.get(CLASS),
    )


def _reference_faults(
    where: str, said: Mapping[str, Any], runs: Collection[str]
) -> list[str]:
    """Return what is wrong with what a cell says, its metrics as a list."""
    unknown = [key for key in said if key not in (*KEYS, CLASS)]
    faults = [
        fault(f"{key} {where}", f"one of {', '.join((*KEYS, CLASS))}", key, "Remove it")
        for key in unknown
    ]
    for key in (*KEYS, CLASS) if CLASS in said else KEYS:
        for value in said["metric"] if key == "metric" else [said.get(key)]:
            if not isinstance(value, str):
                fix = "Give it there, in its column or in the table's cells"
                faults.append(fault(f"{key} {where}", "text", value, fix))
    if faults:
        return faults
    for key, known in {"run": runs, "part": PARTS}.items():
        if said[key] not in known:
            expected = f"one of {', '.join(known)}"
            faults.append(fault(f"{key} {where}", expected, said[key], "Correct it"))
    try:
        format(0.5, said["format"])
    except ValueError:
        expected = "one such as .3f"
        faults.append(fault(f"format {where}", expected, said["format"], "Correct it"))
    return faults
