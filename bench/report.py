"""What a benchmark found, and the table that closes a run."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: was measured.
        ours: the measure, with its unit.
        other: what it is compared with, with its unit; "" where a target is enough.
        ratio: of the two, or their difference; "" where there is nothing to compare.
        target: what the project set out to reach.
    """

    what: str
    ours: str
    other: str
    ratio: str
    target: str


def as_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table in text."""
    rows = [("what", "ours", "other", "ratio", "target"), *map(astuple, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)
