"""Churches with pointed arches: spires, towers and a rose window."""

from collections.abc import Iterable
from functools import partial

import numpy as np

from draw.profiles import CONE, POINTED, ROUND, outline
from draw.sheet import Sheet


def draw_gothic(
    sheet: Sheet,
    *,
    towers: Iterable[tuple[float, float, float]],
    lantern: tuple[float, float] | None = None,
) -> None:
    """Draw a church: towers of (x, height, spire height), a lantern behind them."""

    def raise_tower(x: float, y: float, height: float, spire: float) -> None:
        width, top = 0.27, y + height
        sheet.block(x, y, width, height, deep=width)
        for level in np.arange(0.12, height - 0.16, 0.24):
            for dx in (-0.06, 0.06):
                sheet.open(POINTED, x + dx, y + level, 0.07, 0.17)
        if spire:
            sheet.pile(x, top, width, spire, top=0.0, colour=sheet.roof)
        for dx in (-0.5, 0.5):
            sheet.turn(CONE, x + dx * width, top, 0.06, 0.15)

    nave = 0.75
    if lantern is not None:
        x, y = sheet.shift(0, 0, 0.9)
        raise_tower(x, y, *lantern)
    sheet.block(0, 0, nave * 1.5, 0.36, deep=0.9)
    sheet.block(0, 0, nave, 0.62, deep=0.9)
    sheet.gable(0, 0.62, nave, 0.32, deep=0.9)
    for half in (0.12, -0.12):  # The rose window.
        sheet.paint(outline(ROUND, 0, 0.55, 0.24, half), sheet.hole)
    sheet.open(POINTED, 0, 0, 0.2, 0.34)
    for x in np.linspace(-0.68, 0.68, 6) * nave:
        sheet.open(POINTED, x, 0.08, 0.07, 0.2)
    for x, height, spire in towers:
        raise_tower(x, 0, height, spire)


# fmt: off
LANDMARKS = {
    "gothic/one_spire": partial(draw_gothic, towers=[(0, 0.95, 0.85)]),
    "gothic/square_towers": partial(
        draw_gothic, towers=[(-0.48, 1.1, 0), (0.48, 1.1, 0)]),
    "gothic/three_spires": partial(
        draw_gothic, towers=[(-0.48, 0.7, 0.4), (0.48, 0.7, 0.4)], lantern=(1.2, 0.8)),
    "gothic/twin_spires": partial(
        draw_gothic, towers=[(-0.48, 0.9, 0.65), (0.48, 0.9, 0.65)]),
    "gothic/uneven_spires": partial(
        draw_gothic, towers=[(-0.48, 0.65, 0.3), (0.48, 1.05, 0.8)]),
}
# fmt: on
