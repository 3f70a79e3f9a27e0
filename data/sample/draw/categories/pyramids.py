"""Pyramids: smooth, bent or stepped, with stairs, temples and porches."""

import itertools
from collections.abc import Iterable
from functools import partial

import numpy as np

from draw.profiles import SHAFT, outline
from draw.sheet import Sheet


def draw_pyramids(
    sheet: Sheet,
    *,
    bodies: Iterable[tuple[float, float, Iterable[tuple[float, float]]]],
    stair: float = 0.0,
    temple: float = 0.0,
    porch: float = 0.0,
) -> None:
    """Draw bodies of (x, depth, levels), a level being (width, height).

    The widths of the stair, of the temple on top and of the porch in front are those
    of the last body's.
    """
    depth = 0.6  # Foreshortened, or the flank would hide the front.
    for x, deep, levels in bodies:
        (wide, _), *_, (top, height) = levels
        for (base, low), (narrow, high) in itertools.pairwise(levels):
            inset = deep + (wide - base) / 2
            box = (x, low, base, high - low)
            sheet.pile(*box, top=narrow, deep=inset, depth=depth)
    inset = depth * (wide - top) / 2
    if stair:
        foot = outline(SHAFT, x, 0, stair, 0)[[0, -1]]
        middle, top = sheet.shift(x, height, inset)
        head = outline(SHAFT, middle, top, stair, 0)[[-1, 0]]
        sheet.paint([*foot, *head], sheet.wall * 0.85, panes=(9.0, 0.04))
    if temple:
        x, y = sheet.shift(x, height, 1.2 * inset)
        sheet.block(x, y, temple, temple * 0.55, deep=temple * 0.6)
        sheet.block(x, y + temple * 0.55, temple * 1.1, 0.04, deep=temple * 0.6)
        sheet.open(SHAFT, x, y, temple * 0.3, temple * 0.4)
    if porch:
        sheet.block(x, 0, porch, porch * 0.75, deep=0.25)
        sheet.open(SHAFT, x, 0, porch * 0.3, porch * 0.5)


def terrace(low: float, high: float, steps: int, height: float) -> list[tuple]:
    """List the levels of a stepped pyramid: the foot and the edge of every step."""
    return [
        (width * lean, height * (step + up) / steps)
        for step, width in enumerate(np.linspace(low, high, steps))
        for lean, up in ((1, 0), (0.97, 1))
    ]


# fmt: off
LANDMARKS = {
    "pyramids/bent_slopes": partial(
        draw_pyramids, bodies=[(0, 0, [(1.7, 0), (1.15, 0.7), (0, 1.05)])]),
    "pyramids/five_steps": partial(
        draw_pyramids, bodies=[(0, 0, terrace(1.9, 0.75, 5, 0.85))],
        stair=0.36, temple=0.5),
    "pyramids/nine_steps": partial(
        draw_pyramids, bodies=[(0, 0, terrace(1.9, 0.25, 9, 1.15))], stair=0.2),
    "pyramids/steep_porch": partial(
        draw_pyramids, bodies=[(0, 0, [(1.05, 0), (0.1, 1.3)])], porch=0.42),
    "pyramids/three_peaks": partial(
        draw_pyramids,
        bodies=[(0.75, 0.5, [(1.1, 0), (0, 0.8)]), (0, 0.25, [(0.85, 0), (0, 0.62)]),
                (-0.65, 0, [(0.65, 0), (0, 0.46)])]),
}
# fmt: on
