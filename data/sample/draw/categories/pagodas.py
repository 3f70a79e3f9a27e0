"""Towers and halls of stacked roofs with upturned eaves."""

from collections.abc import Iterable
from functools import partial

import numpy as np

from draw.profiles import CONE, EAVES, SHAFT, outline
from draw.sheet import Sheet


def draw_pagodas(
    sheet: Sheet, *, towers: Iterable[tuple[float, int, float, float, float]]
) -> None:
    """Draw towers of (x, roofs, lowest width, highest width, storey height)."""
    sheet.block(0, 0, 1.5, 0.06, deep=0.6)
    for x, roofs, low, high, storey in towers:
        y = 0.06
        for width in np.linspace(low, high, roofs):
            sheet.block(x, y, width * 0.62, storey, deep=width * 0.5)
            for dx in (-0.18, 0, 0.18):
                sheet.open(SHAFT, x + dx * width, y, width * 0.1, storey * 0.6)
            eaves = outline(EAVES, x, y + storey * 0.62, width * 1.15, storey * 0.75)
            sheet.extrude(eaves, width * 0.4, sheet.roof)
            y += storey
        finial = sheet.shift(x, y + storey * 0.3, high * 0.2)
        sheet.turn(CONE, *finial, 0.05, storey * 0.9)


# fmt: off
LANDMARKS = {
    "pagodas/broad_hall": partial(draw_pagodas, towers=[(0, 2, 1.6, 1.1, 0.42)]),
    "pagodas/five_roofs": partial(draw_pagodas, towers=[(0, 5, 0.85, 0.5, 0.28)]),
    "pagodas/nine_roofs": partial(draw_pagodas, towers=[(0, 9, 0.62, 0.32, 0.18)]),
    "pagodas/three_roofs": partial(draw_pagodas, towers=[(0, 3, 1.05, 0.55, 0.42)]),
    "pagodas/twin_pagodas": partial(
        draw_pagodas, towers=[(x, 6, 0.55, 0.36, 0.23) for x in (-0.46, 0.46)]),
}
# fmt: on
