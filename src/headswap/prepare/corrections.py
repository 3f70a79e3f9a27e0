"""`data.corrections`: what somebody has found out about single images.

A CSV file of the project, so that git keeps who corrected what, with the columns `path`
(below `data.root`), `action` (`exclude` or `relabel`), `task`, `class` and `reason`. It
acts on what a layout has listed; the raw folder stays as it is. A line without an
action changes nothing, as those of `suspects.csv` do until somebody has looked.
"""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from headswap.artifacts.dataset.tasks import Kind
from headswap.artifacts.storage.tables import unguarded
from headswap.errors import InputError, listed, raise_faults
from headswap.params.data import Section
from headswap.prepare.listing import Row
from headswap.prepare.normal_form import composed
from headswap.prepare.tables.delimiter import (
    find_delimiter,
    open_lines,
    read_cells,
)
from headswap.prepare.tables.unreadable import unreadable

COLUMNS = ("path", "action", "task", "class", "reason")
NEEDED = ("path", "action")
EXCLUDE, RELABEL = "exclude", "relabel"


@dataclass(frozen=True)
class Line:
    """One line of the file.

    Attributes:
        where: it stands.
        cells: by column; "" where there is none.
    """

    where: str
    cells: Mapping[str, str]


def correct(
    rows: Sequence[Row], kinds: Mapping[str, Kind], data: Section
) -> tuple[list[Row], list[tuple[str, str]]]:
    """Return the rows as corrected, and (path, reason) of those excluded.

    How many were is printed.

    Args:
        rows: of all labelled images.
        kinds: of the tasks, in the order of the labels.
        data: the section, which names the file.

    Raises:
        InputError: with every path, action, task and class that there is not.
    """
    if data.corrections is None:
        return list(rows), []
    lines = _read(Path(data.corrections))
    place = {row.path: number for number, row in enumerate(rows)}
    by_form = {composed(path): number for path, number in place.items()}
    corrected: list[Row | None] = list(rows)
    excluded, relabelled, faults = {}, set(), []
    corrections = _Corrections(rows, kinds, data)
    for line in lines:
        if not line.cells["action"]:
            continue
        # A backslash parts folders, unless a file has it in its very name.
        named = line.cells["path"].removeprefix("./")
        path = named.replace("\\", "/").removeprefix("./")
        number = place.get(named, place.get(path, by_form.get(composed(path))))
        fault = corrections.fault(line, number)
        if fault is not None or number is None:
            faults.append(fault or "")
        elif line.cells["action"] == EXCLUDE:
            reason = line.cells["reason"]
            excluded[rows[number].path] = "excluded by data.corrections" + (
                f": {reason}" if reason else ""
            )
            corrected[number] = None
        elif (row := corrected[number]) is not None:
            corrected[number] = corrections.relabelled(row, line)
            relabelled.add(number)
    raise_faults(faults)
    print(f"{data.corrections}: {len(excluded)} images excluded, ", end="")
    print(f"{len(relabelled)} relabelled")
    if open_lines := [line.where for line in lines if not line.cells["action"]]:
        print(
            f"note: {len(open_lines)} lines of {data.corrections} have no action and "
            f"change nothing: {listed(open_lines)}. Fill in {EXCLUDE} or {RELABEL} "
            "where one should."
        )
    return [row for row in corrected if row is not None], list(excluded.items())


class _Corrections:
    """Knows what a correction may name, and what has been corrected."""

    def __init__(self, rows: Sequence[Row], kinds: Mapping[str, Kind], data: Section):
        self._data, self._kinds, self._tasks = data, kinds, list(kinds)
        self._classes = {
            task: {name for row in rows for name in row.labels[number]}
            for number, task in enumerate(kinds)
        }
        # Line by image and task, or by image alone where it is excluded.
        self._done: dict[tuple[int, str], str] = {}

    def _task(self, line: Line) -> str:
        """Return the task of a line; the only one where it names none."""
        named = line.cells["task"]
        return self._tasks[0] if not named and len(self._tasks) == 1 else named

    def _labels(self, line: Line) -> list[str]:
        cell = line.cells["class"]
        if self._kinds[self._task(line)] == "multiclass":
            return [cell]
        labels = [each.strip() for each in cell.split(self._data.separator)]
        return [label for label in labels if label]

    def fault(self, line: Line, number: int | None) -> str | None:
        """Return what is wrong with a line, if anything is.

        Args:
            line: of the file.
            number: of the image it names; None where there is none.
        """
        path, action, task = line.cells["path"], line.cells["action"], self._task(line)
        if action not in (EXCLUDE, RELABEL):
            expected, got = f"the action must be {EXCLUDE} or {RELABEL}", action
        elif number is None:
            expected = f"the path must be of a labelled image below {self._data.root}"
            got = path
        elif action == RELABEL and task not in self._kinds:
            expected, got = f"the task must be {' or '.join(self._kinds)}", task
        elif action == RELABEL and (unknown := self._unknown(line, task)) is not None:
            names = listed(sorted(self._classes[task]))
            expected, got = f"the class must be one of {task}: {names}", unknown
        elif earlier := self._earlier(line, number, task):
            expected = f"an image must be corrected once, as in {earlier}"
            got = f"{path} again"
        else:
            return None
        return f"{line.where}: {expected}, got {got!r}. Correct or remove the line."

    def _unknown(self, line: Line, task: str) -> str | None:
        unknown = [
            name for name in self._labels(line) if name not in self._classes[task]
        ]
        return unknown[0] if unknown else None

    def _earlier(self, line: Line, number: int, task: str) -> str:
        """Return where the same has been corrected before, or "", and note this."""
        is_exclusion = line.cells["action"] == EXCLUDE
        keys = [(number, each) for each in ["", *self._tasks]]
        asked = keys if is_exclusion else [(number, ""), (number, task)]
        earlier = next((self._done[key] for key in asked if key in self._done), "")
        self._done.setdefault((number, "" if is_exclusion else task), line.where)
        return earlier

    def relabelled(self, row: Row, line: Line) -> Row:
        """Return a row with the classes that a line gives it."""
        number = self._tasks.index(self._task(line))
        labels = list(row.labels)
        labels[number] = tuple(self._labels(line))
        return replace(row, labels=tuple(labels))


def _read(path: Path) -> list[Line]:
    """Return the lines of the file.

    Raises:
        InputError: it cannot be read or has other columns.
    """
    try:
        delimiter = find_delimiter(path, None, lambda _: False)
        with open_lines(path) as lines:
            reader = read_cells(lines.file, delimiter)
            records = [
                (reader.line_num + lines.num_before, list(map(unguarded, row)))
                for row in reader
            ]
    except (OSError, ValueError, csv.Error) as error:
        remedy = "Name a CSV file of the project there."
        raise InputError(unreadable("data.corrections", path, error, remedy)) from error
    records = [(n, [cell.strip() for cell in row]) for n, row in records if any(row)]
    header = records[0][1] if records else []
    unknown = [name for name in header if name not in COLUMNS]
    twice = [name for name, count in Counter(header).items() if count > 1]
    if unknown or twice or not set(NEEDED) <= set(header):
        raise InputError(
            f"data.corrections: {path} must have a header of {', '.join(COLUMNS)}, got "
            f"{', '.join(header) or 'nothing'}. Write it in the first line."
        )
    empty = dict.fromkeys(COLUMNS, "")
    raise_faults(
        [
            f"{path.name}, line {number}: it must have {len(header)} cells, got "
            f"{len(row)}. Correct the line, with quotes around a cell with commas."
            for number, row in records
            if len(row) != len(header)
        ]
    )
    return [
        Line(
            f"{path.name}, line {number}",
            empty | dict(zip(header, row, strict=True)),
        )
        for number, row in records[1:]
    ]
