"""What the tests try that should not happen, counted: the README's "What it survives".

A test says so by `@pytest.mark.survives(what)`, with `times` where it tries several
things at once; every case of a test counts. One whose own sentence says that something
is refused, rejected or an error tries a bad input, of the kind that its folder is
about. The README has what can be relied on: numbers are rounded down.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
TOLD = "told"
TABLE = pytest.StashKey[str | None]()
PLACE = re.compile(r"^<!-- survives -->\n(.*?)^<!-- end -->$", re.M | re.S)
# What becomes of it, in the order of the table.
OUTCOMES = {
    "interruptions": "the next run ends with the bytes of one that was never ended",
    "full disks": "a sentence that names it, no half file, then the same bytes",
    "runs at once": "the second waits or is refused; figures are those of one alone",
    "bad parameters": "refused before any work, all in one message",
    "bad pictures": "used whole, or a row with the reason",
    "bad folders and tables": "refused with names and remedy, or a row with the reason",
    "bad weights and networks": "refused, with the layer or file",
    "bad bundles and figures": "refused in a sentence",
    "mutated pictures": "used whole or refused, within seconds and memory",
    "drawn data sets": "each class in each part, no group in two",
    "doors": "closed: nothing runs, leads outside or fills the memory",
    "faults": "found and named: damage, other versions, no numbers, a clock set back",
}
BAD_INPUT = re.compile(r"refused|rejected|an_error|input_error")
OF_FOLDER = {
    "params": "bad parameters",
    "pictures": "bad pictures",
    "prepare": "bad folders and tables",
    "check": "bad folders and tables",
    "split": "bad folders and tables",
    "features": "bad weights and networks",
    "engines": "bad weights and networks",
    "artifacts": "bad bundles and figures",
    "use": "bad bundles and figures",
}


def note(items: Iterable[Any]) -> None:
    """Let every test carry what it tries, so that its report does."""
    for item in items:
        for what, times in _tried(item):
            if what not in OUTCOMES:
                raise ValueError(f"{item.nodeid}: tests.survived has no {what!r}")
            item.user_properties.append(("survives", [what, times]))


def _tried(item: Any) -> Iterable[tuple[str, int]]:
    marks = list(item.iter_markers("survives"))
    if marks:
        return [(*mark.args, mark.kwargs.get("times", 1)) for mark in marks]
    folder = item.path.relative_to(README.parent / "tests").parts[0]
    is_bad = folder in OF_FOLDER and BAD_INPUT.search(item.originalname)
    return [(OF_FOLDER[folder], 1)] if is_bad else []


def count(tests: Iterable[Any]) -> Counter[str]:
    """Return how often each kind is tried by tests, or by their reports."""
    found: Counter[str] = Counter()
    for test in tests:
        for name, value in test.user_properties:
            if name == "survives":
                found[value[0]] += value[1]
    return found


def told(reports: Iterable[Any]) -> Counter[str]:
    """Return how often each was told by the fixture `survived`, by what it said."""
    return Counter(
        str(value)
        for report in reports
        for name, value in report.user_properties
        if name == TOLD
    )


def table(items: Iterable[Any]) -> str:
    """Return the table of the README, of all tests there are."""
    items = list(items)
    long = [item for item in items if item.get_closest_marker("endure")]
    counts = count(items) - count(long), count(long)
    rows = [
        f"| {what} | {_at_least(counts[0][what])} | {_at_least(counts[1][what])} "
        f"| {outcome} |"
        for what, outcome in OUTCOMES.items()
    ]
    head = ["| tried | `make test` | `make endure` | |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def _at_least(number: int) -> str:
    """Return a number, rounded down to its first two digits."""
    step = 10 ** max(len(str(number)) - 2, 0)
    return f"{number // step * step:,}" if number else ""


def is_whole(items: Iterable[Any]) -> bool:
    """Return whether the tests are those of all files."""
    found = {item.path for item in items}
    return found.issuperset((README.parent / "tests").rglob("test_*.py"))


def write(table: str) -> None:
    """Write the table into the README."""
    text = README.read_text(encoding="utf-8")
    whole = f"<!-- survives -->\n{table}<!-- end -->"
    README.write_text(PLACE.sub(lambda _: whole, text), encoding="utf-8")
