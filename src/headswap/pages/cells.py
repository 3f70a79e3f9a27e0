"""Cells of a table: texts, numbers, and numbers with a picture of their size.

In: what a row says. Out: `Markup`. The number always stands beside the picture, which
is for the eye alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from headswap.pages.elements import Content, Markup, element


@dataclass(frozen=True)
class Share:
    """A number in a table with a bar beside it.

    Attributes:
        number: as it is written.
        of: the number whose bar is the longest.
    """

    number: int
    of: int


@dataclass(frozen=True)
class Meter:
    """A score of 0 to 1 with a bar beside it; None where there is no value."""

    value: float | None


@dataclass(frozen=True)
class Span:
    """Where a score lies on a scale: its interval as a line, and itself as a dot.

    Attributes:
        value: of the score; nothing is drawn where it is None.
        low: lower bound of its interval, or None.
        high: upper bound, or None.
        marks: other values, such as those of single rounds, as ticks.
        start: where the scale begins; it ends at 1.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    marks: Sequence[float] = ()
    start: float = 0.0


@dataclass(frozen=True)
class Written:
    """A number as it is written already, such as `0.912` or `0.880 to 0.941`."""

    text: str


Cell = Content | Share | Meter | Span | Written


def is_number(content: Cell) -> bool:
    """Whether a column of such cells stands to the right."""
    return not isinstance(content, str | Span)


def cell(content: Cell) -> Markup:
    """Return a cell of a table."""
    if isinstance(content, str):
        return element("td", content)
    if isinstance(content, Share):
        return _bar(content.number, content.number / content.of if content.of else 0.0)
    if isinstance(content, Meter):
        if content.value is None:
            return element("td", "", class_="number")
        return _bar(content.value, content.value)
    if isinstance(content, Span):
        return element("td", _span(content), class_="span-cell")
    if isinstance(content, Written):
        return element("td", content.text, class_="number")
    return element("td", content, class_="number")


def name_cell(content: Cell) -> Markup:
    """Return the cell that names its row."""
    if isinstance(content, Share):
        content = content.number
    assert not isinstance(content, Meter | Span | Written)
    return element("th", content, scope="row")


def _bar(written: Content, share: float) -> Markup:
    bar = element("span", style=f"width: {100 * share:.1f}%")
    track = element("span", bar, class_="track", aria_hidden="true")
    return element("td", written, track, class_="number")


def _span(found: Span) -> Markup:
    def place(value: float) -> float:
        share = (value - found.start) / max(1 - found.start, 1e-9)
        return 100 * min(max(share, 0.0), 1.0)

    drawn = []
    if found.value is not None:
        if found.low is not None and found.high is not None:
            left, right = place(found.low), place(found.high)
            style = f"left: {left:.1f}%; width: {right - left:.1f}%"
            drawn.append(element("span", class_="interval", style=style))
        for value in found.marks:
            drawn.append(
                element("span", class_="tick", style=f"left: {place(value):.1f}%")
            )
        style = f"left: {place(found.value):.1f}%"
        drawn.append(element("span", class_="dot", style=style))
    return element("span", *drawn, class_="scale", aria_hidden="true")
