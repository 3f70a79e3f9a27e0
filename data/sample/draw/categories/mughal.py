"""Domed halls with a tall gate, pointed arches and minarets."""

from collections.abc import Iterable
from functools import partial

import numpy as np

from draw.profiles import COLUMN, ONION, POINTED, SHAFT
from draw.sheet import Sheet


def draw_mughal(
    sheet: Sheet,
    *,
    body: tuple[float, float],
    domes: Iterable[tuple[float, float, float]],
    minarets: Iterable[tuple[float, float, float]] = (),
) -> None:
    """Draw a domed hall with a tall gate.

    The body is (width, height), domes are (x, width, height) and minarets, a pair
    each, are (x, depth, height).
    """
    width, height = body
    plinth, gate = 0.1, 0.42
    side = (width - gate) / 2
    arches = round(side / 0.2)
    bay = side / arches

    def raise_minarets(x: float, deep: float, tall: float) -> None:
        for mirrored in (-x, x):
            middle, foot = sheet.shift(mirrored, plinth, deep)
            sheet.turn(COLUMN, middle, foot, 0.09, tall)
            for share in (0.45, 0.75):  # Balconies.
                sheet.turn(SHAFT, middle, foot + share * tall, 0.14, 0.025)
            sheet.turn(ONION, middle, foot + tall, 0.12, 0.16, colour=sheet.roof)

    sheet.block(0, 0, width + 0.7, plinth, deep=1.0)
    for x, deep, tall in minarets:
        if deep > 0:
            raise_minarets(x, deep, tall)
    sheet.block(0, plinth, width, height, deep=0.7)
    for x, wide, tall in domes:
        middle, foot = sheet.shift(x, plinth + height, 0.35)
        sheet.turn(SHAFT, middle, foot - 0.05, wide * 0.8, 0.12)
        sheet.turn(ONION, middle, foot + 0.07, wide, tall, colour=sheet.roof)
    for x in gate / 2 + bay * (np.arange(arches) + 0.5):
        for mirrored in (-x, x):
            for level, tall in ((0.0, 0.42), (0.53, 0.36)):
                foot = plinth + level * height
                sheet.open(POINTED, mirrored, foot, 0.7 * bay, tall * height)
    sheet.block(0, plinth, gate, height * 1.15, deep=0.06)
    sheet.open(POINTED, 0, plinth, gate * 0.7, height * 0.95)
    for x, deep, tall in minarets:
        if deep <= 0:
            raise_minarets(x, deep, tall)


# fmt: off
LANDMARKS = {
    "mughal/five_domes": partial(
        draw_mughal, body=(1.7, 0.45),
        domes=[(x, 0.32, 0.4) for x in (-0.68, 0.68, -0.34, 0.34, 0)]),
    "mughal/four_minarets": partial(
        draw_mughal, body=(0.9, 0.75), domes=[(0, 0.26, 0.24)],
        minarets=[(0.45, 0.7, 1.25), (0.45, 0, 1.25)]),
    "mughal/onion_dome": partial(
        draw_mughal, body=(1.0, 0.5), minarets=[(0.82, 0.9, 1.0), (0.82, 0, 1.0)],
        domes=[(-0.36, 0.2, 0.22), (0.36, 0.2, 0.22), (0, 0.58, 0.72)]),
    "mughal/three_domes": partial(
        draw_mughal, body=(1.3, 0.4), minarets=[(0.7, 0, 1.1)],
        domes=[(-0.44, 0.42, 0.48), (0.44, 0.42, 0.48), (0, 0.46, 0.54)]),
    "mughal/wide_tomb": partial(
        draw_mughal, body=(1.5, 0.62),
        domes=[(-0.55, 0.16, 0.16), (0.55, 0.16, 0.16), (0, 0.6, 0.5)]),
}
# fmt: on
