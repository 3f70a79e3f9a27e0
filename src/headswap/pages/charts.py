"""Small charts as SVG within a page: lines in a unit square, and shares by two classes.

In: numbers and names. Out: `Markup` that takes its colours from the page, so that it is
light or dark as the page is. Each chart has words for those who cannot see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headswap.pages.elements import Content, Markup, element, join

# Of one chart, in units of its own; the page scales it.
WIDTH, HEIGHT = 340, 280
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 12, 14, 44
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
# Letters of a class at the edge of a square; pixels of its cells, of few and of many
# classes.
_MOST_LETTERS, _LARGE, _SMALL, _SIDE = 22, 44, 22, 480


@dataclass(frozen=True)
class Curve:
    """A line of a chart.

    Attributes:
        points: (x, y), each 0..1.
        kind: `main`, `guide` or `dots`; how it is drawn.
        band: (x, low, high) of an area behind it.
    """

    points: Sequence[tuple[float, float]]
    kind: str = "main"
    band: Sequence[tuple[float, float, float]] = ()


def line_chart(
    title: str, horizontal: str, vertical: str, curves: Sequence[Curve], told: str
) -> Markup:
    """Return lines in a square from 0 to 1.

    Args:
        title: what stands above it.
        horizontal: what x is.
        vertical: what y is.
        curves: the lines, the last above the others.
        told: what it shows, in words.
    """
    drawn = [
        join(
            _line(_x(tick), _y(0), _x(tick), _y(1), "grid"),
            _line(_x(0), _y(tick), _x(1), _y(tick), "grid"),
            _text(_x(tick), _y(0) + 16, f"{tick:g}", "middle"),
            _text(_x(0) - 6, _y(tick) + 4, f"{tick:g}", "end"),
        )
        for tick in _TICKS
    ]
    drawn.append(_text(_x(0.5), HEIGHT - 6, horizontal, "middle"))
    turned = f"translate(11 {_y(0.5):.0f}) rotate(-90)"
    drawn.append(element("text", vertical, transform=turned, text_anchor="middle"))
    drawn += [_curve(curve) for curve in curves]
    return element(
        "figure",
        element("figcaption", title),
        element(
            "svg",
            *drawn,
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            role="img",
            aria_label=told,
        ),
        class_="chart",
    )


def _x(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def _curve(curve: Curve) -> Markup:
    points = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in curve.points)
    parts: list[Content] = []
    if curve.band:
        upper = [(x, high) for x, _, high in curve.band]
        lower = [(x, low) for x, low, _ in reversed(curve.band)]
        around = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in upper + lower)
        parts.append(element("polygon", points=around, class_="band"))
    parts.append(element("polyline", points=points, class_=curve.kind))
    if curve.kind == "dots":
        parts += [
            element("circle", cx=f"{_x(x):.1f}", cy=f"{_y(y):.1f}", r=3.5)
            for x, y in curve.points
        ]
    return join(*parts)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    places = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    return element(
        "line", class_=kind, **{name: f"{each:.1f}" for name, each in places.items()}
    )


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)


def square(names: Sequence[str], counts: np.ndarray, told: str) -> Markup:
    """Return how often each class is taken for each, as a square of shares.

    Args:
        names: of the classes, in the order of rows and columns.
        counts: images by actual and predicted class, (C, C) int.
        told: what it shows, in words.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    labels = [_short(name) for name in names]
    margin = 14 + 6.6 * max(map(len, labels))
    cell = min(max(_SIDE // len(names), _SMALL), _LARGE)
    side = margin + cell * len(names)
    drawn = []
    for number, label in enumerate(labels):
        middle = margin + (number + 0.5) * cell
        drawn.append(_text(margin - 8, middle + 4, label, "end"))
        turned = f"translate({middle + 4:.1f} {margin - 8:.1f}) rotate(-90)"
        drawn.append(element("text", label, transform=turned, text_anchor="start"))
    for row, column in np.ndindex(*counts.shape):
        count, share = int(counts[row, column]), float(shares[row, column])
        is_right = row == column
        tip = f"{names[row]} taken for {names[column]}: {count} ({100 * share:.0f} %)"
        drawn_cell = element(
            "rect",
            element("title", tip),
            x=f"{margin + column * cell:.1f}",
            y=f"{margin + row * cell:.1f}",
            width=cell - 1,
            height=cell - 1,
            rx=3,
            class_="cell right" if is_right else "cell wrong" if count else "cell",
            style=f"fill-opacity: {0.12 + 0.88 * share:.2f}" if count else None,
        )
        drawn.append(drawn_cell)
        if count and not is_right:
            place = margin + (column + 0.5) * cell, margin + (row + 0.5) * cell
            kind = "strong" if share > 0.5 else "weak"
            drawn.append(
                element(
                    "text",
                    count,
                    x=f"{place[0] - 0.5:.1f}",
                    y=f"{place[1] + 3.5:.1f}",
                    text_anchor="middle",
                    class_=f"count {kind}",
                    aria_hidden="true",
                )
            )
    return element(
        "div",
        element(
            "svg",
            *drawn,
            viewBox=f"0 0 {side:.0f} {side:.0f}",
            width=f"{side:.0f}",
            role="img",
            aria_label=told,
        ),
        class_="scroll square",
        role="region",
        aria_label="Actual classes down, predicted classes across",
        tabindex=0,
    )


def _short(name: str) -> str:
    if len(name) <= _MOST_LETTERS:
        return name
    return name[: _MOST_LETTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"
