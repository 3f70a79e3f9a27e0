"""Tables and figures -> Markdown, and its place between the markers of a page.

A table stands between a line `<!-- table: NAME -->` and a line `<!-- end -->`, alone,
an answer after `<!-- answer: NAME -->`. An answer is an en dash until it has been made,
a cell where its run has no figures, or figures of other overrides only.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from headswap.errors import raise_faults
from results.faults import fault
from results.stored import Figures
from results.tables import Cell, Reference, Table

NOTHING = "\N{EN DASH}"
SEPARATOR = " / "
START = re.compile(r"^<!-- ((?:table|answer): .*) -->$", re.MULTILINE)
PLACE = re.compile(
    r"^<!-- (?P<name>(?:table|answer): .*) -->\n"
    r"(?:(?!<!-- (?:table|answer):).*\n)*?<!-- end -->$",
    re.MULTILINE,
)


def render_tables(
    tables: Mapping[str, Table], figures: Mapping[str, Figures]
) -> dict[str, str]:
    """Return every table as Markdown, by name.

    Args:
        tables: by name.
        figures: by run; without those of other overrides than runs.yaml says.

    Raises:
        InputError: with every cell that points at figures its run does not give.
    """
    faults: list[str] = []
    rendered = {
        name: _render(name, table, figures, faults) for name, table in tables.items()
    }
    raise_faults(faults)
    return rendered


def _render(
    name: str, table: Table, figures: Mapping[str, Figures], faults: list[str]
) -> str:
    rows = [
        [_show(name, cell, figures, faults).replace("|", r"\|") for cell in cells]
        for cells in table.rows
    ]
    headings = [heading.replace("|", r"\|") for heading in table.headings]
    lines = [
        "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"
        for cells in (headings, *rows)
    ]
    return "\n".join([lines[0], "|---" * len(headings) + "|", *lines[1:]])


def _show(
    table: str, cell: Cell, figures: Mapping[str, Figures], faults: list[str]
) -> str:
    if isinstance(cell, str):
        return cell
    if cell.run not in figures:
        return NOTHING
    keys = [cell.task, cell.part]
    place: Any = figures[cell.run].metrics
    if cell.class_name is not None:
        place = figures[cell.run].classes
        keys.append(cell.class_name)
    for key in keys:
        if key not in place:
            faults.append(_missing(table, cell, key, place))
            return NOTHING
        place = place[key]
    shown = []
    for metric in cell.metrics:
        if metric not in place:
            faults.append(_missing(table, cell, metric, place))
            continue
        shown.append(_number(place[metric], place.get(f"{metric}_std"), cell.format))
    return SEPARATOR.join(shown)


def _missing(table: str, cell: Reference, key: str, place: Mapping[str, Any]) -> str:
    known = [name for name in place if not name.endswith("_std")]
    what = f"tables.{table}: what a cell takes from {cell.run}"
    return fault(what, f"one of {', '.join(known)}", key, "Correct it")


def _number(value: float | None, spread: float | None, form: str) -> str:
    if value is None:
        return NOTHING
    return f"{value:{form}}" + ("" if spread is None else f" ± {spread:{form}}")


def render_places(
    tables: Mapping[str, str], answers: Collection[str], said: Mapping[str, str]
) -> dict[str, str]:
    """Return what stands between markers, by what their first line says.

    Args:
        tables: as Markdown, by name.
        answers: the names of all.
        said: as Markdown, by name; those that have been made.
    """
    return {
        **{f"table: {name}": text for name, text in tables.items()},
        **{f"answer: {name}": said.get(name, NOTHING) for name in answers},
    }


def fill_places(text: str, rendered: Mapping[str, str], page: str) -> str:
    """Return a page with each table and answer between its markers.

    Args:
        text: of the page.
        rendered: what stands there, by what the first line of its markers says.
        page: its name, for errors.

    Raises:
        InputError: a marker names nothing, or has no end.
    """
    places = {place.start(): place["name"] for place in PLACE.finditer(text)}
    faults = []
    for start in START.finditer(text):
        if start[1] not in rendered:
            faults.append(
                f"{page}: a marker must name one of {', '.join(rendered)}, got "
                f"{start[1]!r}. Correct it or add that to results/runs.yaml."
            )
        if start.start() not in places:
            faults.append(
                f"{page}: the marker `{start[1]}` must be followed by a line "
                "`<!-- end -->` before the next one, got none. Add that line."
            )
    raise_faults(faults)
    return PLACE.sub(
        lambda place: (
            f"<!-- {place['name']} -->\n{rendered[place['name']]}\n<!-- end -->"
        ),
        text,
    )
