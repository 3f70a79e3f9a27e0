"""What sections are made of: paragraphs, tiles of numbers, tables, galleries.

In: texts and numbers of the data's. Out: `Markup`. A table and a gallery hold as much
as they have room for and say how much more there is, so a page of any data set is
small.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from headswap.pages.cells import Cell, cell, is_number, name_cell
from headswap.pages.elements import Content, Markup, element, join

# Letters of HTML that one table may take; its rows are then some thousands.
TABLE_ROOM = 200_000
# Of a path below a picture.
MAX_LETTERS = 200


def paragraph(*contents: Content, kind: str | None = None) -> Markup:
    """Return a paragraph; `kind` is `lead`, `quiet` or `note`."""
    return element("p", *contents, class_=kind)


def code(text: str) -> Markup:
    """Return what is to be typed, or the name of a file."""
    return element("code", text)


def heading(text: Content) -> Markup:
    """Return a heading within a section."""
    return element("h3", text)


def tiles(numbers: Iterable[tuple[str, Content]]) -> Markup:
    """Return numbers at a glance: (what it counts, number)."""
    return element(
        "dl",
        *(
            element("div", element("dt", name), element("dd", number))
            for name, number in numbers
        ),
        class_="tiles",
    )


def table(
    caption: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], rest: str = ""
) -> Markup:
    """Return a table; the first cell of a row names it.

    Args:
        caption: what the table shows.
        header: of the columns.
        rows: their cells; where they do not fit, the last ones are counted.
        rest: where those that do not fit are found, such as `See rejected.csv.`
    """
    to_the_right = [is_number(each) for each in rows[0]] if rows else []
    head = (
        element("th", name, scope="col", class_="number" if right else None)
        for name, right in zip(
            header, to_the_right or [False] * len(header), strict=True
        )
    )
    shown: list[Markup] = []
    room = TABLE_ROOM
    for row in rows:
        made = element("tr", name_cell(row[0]), *map(cell, row[1:]))
        room -= len(made)
        if room < 0:
            break
        shown.append(made)
    made = element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", element("tr", *head)),
            element("tbody", *shown),
        ),
        class_="scroll tall" if len(shown) > 12 else "scroll",
        # What scrolls must be reached by keyboard, and so needs a name.
        role="region",
        aria_label=caption,
        tabindex=0,
    )
    return join(made, _and_more(len(rows) - len(shown), "rows", rest))


@dataclass(frozen=True)
class Figure:
    """One picture with what is to be said of it.

    Attributes:
        source: a data URI, or None where the page has no room for the picture.
        alternative: what the picture shows, for those who cannot see it.
        label: the first line below it.
        path: of its file, the last line below it.
        remarks: lines in between.
    """

    source: str | None
    alternative: str
    label: str
    path: str
    remarks: tuple[str, ...] = ()


def gallery(figures: Sequence[Figure], num_left_out: int = 0, rest: str = "") -> Markup:
    """Return pictures side by side.

    Args:
        figures: those that are shown.
        num_left_out: how many more there are.
        rest: where they are found.
    """
    items = (element("li", _figure(each)) for each in figures)
    return join(
        element("ul", *items, class_="gallery"),
        _and_more(num_left_out, "pictures", rest),
    )


def together(title: str, figures: Sequence[Figure], num_left_out: int = 0) -> Markup:
    """Return pictures that belong together, in a frame with a title of its own."""
    return element(
        "div",
        element("h3", title),
        gallery(figures, num_left_out),
        class_="together",
    )


def _figure(figure: Figure) -> Markup:
    if figure.source is None:
        picture = element("span", "No room for this picture.", class_="empty")
    else:
        picture = element(
            "img", src=figure.source, alt=figure.alternative, loading="lazy"
        )
    caption = element(
        "figcaption",
        element("span", figure.label, class_="label"),
        *(element("span", remark) for remark in figure.remarks),
        element("span", breakable(shorten(figure.path)), class_="path"),
    )
    return element("figure", picture, caption)


def breakable(path: str) -> Markup:
    """Return a path whose lines end behind a slash before they end anywhere else."""
    *folders, name = path.split("/")
    return join(*(join(f"{each}/", element("wbr")) for each in folders), name)


def breakable_name(name: str) -> Markup:
    """Return a name whose lines may end where a word in it does, as in `TajMahal`."""
    words = re.split(r"(?<=[a-z])(?=[A-Z])|(?<=_)", name)
    return join(words[0], *(join(element("wbr"), word) for word in words[1:]))


def shorten(text: str) -> str:
    """Return a text without the middle, where it is very long."""
    if len(text) <= MAX_LETTERS:
        return text
    return (
        f"{text[: MAX_LETTERS // 2]}\N{HORIZONTAL ELLIPSIS}{text[-MAX_LETTERS // 2 :]}"
    )


def _and_more(number: int, what: str, rest: str) -> Markup:
    if number <= 0:
        return Markup("")
    return paragraph(f"And {number:,} more {what}. {rest}".strip(), kind="quiet")
