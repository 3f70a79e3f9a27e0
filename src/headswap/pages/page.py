"""A whole page: its shell, its list of contents, its sections.

In: sections. Out: one HTML file that needs nothing else. It asks no network for
anything and runs no script, and says so to the browser. It is light or dark as the
reader's system is, fits a phone and a wide screen, and can be read by keyboard and
aloud: one `h1`, an `h2` a section, landmarks, and a link past the contents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from headswap.pages.elements import Markup, element, join

STYLE = Path(__file__).with_name("page.css")
# Pictures and style come with the page; nothing else is ever loaded.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Section:
    """One part of a page.

    Attributes:
        anchor: what the address of the section ends with; letters and hyphens.
        title: of the section.
        body: what stands below its title.
    """

    anchor: str
    title: str
    body: Markup


def build_page(
    title: str, introduction: Markup, sections: Sequence[Section], footer: str
) -> str:
    """Return a page as the text of an HTML file.

    Args:
        title: of the page.
        introduction: what stands above the contents.
        sections: in their order; anchors are unique.
        footer: what made the page, and of what.
    """
    head = join(
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("title", title),
        element("style", Markup(STYLE.read_text(encoding="utf-8"))),
    )
    links = (
        element("li", element("a", each.title, href=f"#{each.anchor}"))
        for each in sections
    )
    contents = element("nav", element("ul", *links), aria_label="Contents")
    body = join(
        element("a", "Skip to the content", href="#content", class_="skip"),
        element("header", element("h1", title), introduction, contents),
        element("main", *map(_build_section, sections), id="content"),
        element("footer", element("p", footer)),
    )
    page = element("html", element("head", head), element("body", body), lang="en")
    return f"<!doctype html>\n{page}\n"


def _build_section(section: Section) -> Markup:
    heading = f"{section.anchor}-heading"
    return element(
        "section",
        element("h2", section.title, id=heading),
        section.body,
        id=section.anchor,
        aria_labelledby=heading,
    )
