"""Pictures one by one, each with what was said of it and pictures like it.

In: thumbnails and texts. Out: `Markup`, a card a picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from headswap.pages.blocks import breakable, breakable_name, shorten
from headswap.pages.elements import Content, Markup, element


@dataclass(frozen=True)
class Like:
    """A picture that is like another.

    Attributes:
        source: a data URI, or None where the page has no room for it.
        label: what it shows.
        is_same: whether that is the other's label too.
    """

    source: str | None
    label: str
    is_same: bool


@dataclass(frozen=True)
class Case:
    """A picture and what was said of it.

    Attributes:
        source: a data URI, or None where the page has no room for it.
        actual: its label.
        predicted: what was said.
        sureness: how sure that was, such as `97.4 %`.
        path: of its file.
        likes: pictures that are like it, the most alike first.
    """

    source: str | None
    actual: str
    predicted: str
    sureness: str
    path: str
    likes: Sequence[Like] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether label and prediction differ."""
        return self.actual != self.predicted


def cases(shown: Sequence[Case]) -> Markup:
    """Return the pictures, a card each."""
    return element(
        "ul", *(element("li", _card(each)) for each in shown), class_="cases"
    )


def _card(case: Case) -> Markup:
    verdict = "wrong" if case.is_wrong else "right"
    facts = element(
        "dl",
        _fact("Label", case.actual),
        # Colour is not the only sign.
        _fact(f"Predicted, {verdict}", case.predicted, verdict),
        _fact("Probability", case.sureness),
    )
    main = element(
        "div",
        _picture(case.source, f"Picture labelled {shorten(case.actual)}", "large"),
        element("div", facts, class_="said"),
        class_="main",
    )
    likes: Content = ""
    if case.likes:
        items = (
            element(
                "li",
                _picture(each.source, f"Training picture: {shorten(each.label)}"),
                element(
                    "span",
                    breakable_name(shorten(each.label)),
                    class_="same" if each.is_same else None,
                ),
            )
            for each in case.likes
        )
        likes = element(
            "div",
            element("p", "Nearest in training", class_="small quiet"),
            element("ul", *items, class_="likes"),
        )
    path = element("p", breakable(shorten(case.path)), class_="small quiet path")
    return element("article", main, likes, path)


def _fact(name: str, text: str, kind: str | None = None) -> Markup:
    said = element("dd", breakable_name(shorten(text)), class_=kind)
    return element("div", element("dt", name), said)


def _picture(source: str | None, alternative: str, kind: str | None = None) -> Markup:
    if source is None:
        return element("span", "No room for this picture.", class_="empty")
    return element("img", src=source, alt=alternative, loading="lazy", class_=kind)
