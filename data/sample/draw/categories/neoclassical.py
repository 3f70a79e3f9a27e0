"""Columned fronts with pediments, attics, arches, wings and domes."""

from collections.abc import Iterable
from functools import partial

import numpy as np

from draw.profiles import COLUMN, CONE, ONION, POINTED, ROUND, SHAFT, outline
from draw.sheet import Sheet


def draw_neoclassical(
    sheet: Sheet,
    *,
    width: float,
    columns: int,
    pediment: float = 0.0,
    attic: float = 0.0,
    arches: Iterable[tuple[float, float, float]] = (),
    wings: float = 0.0,
    dome: tuple[float, float, float] | None = None,
    figures: int = 0,
) -> None:
    """Draw a columned front.

    Arches are (x, width, height), the dome is (width, height of its drum, height),
    wings, attic and pediment have their extent, and the figures stand on the roof.
    """
    steps, order = 0.12, 0.62
    eaves = steps + order
    roof = eaves + 0.1 + attic
    if wings:
        sheet.block(0, 0, width + 2 * wings, 0.6, deep=0.5)
        for x in np.linspace(width / 2 + 0.1, width / 2 + wings - 0.1, 4):
            for mirrored in (-x, x):
                sheet.open(SHAFT, mirrored, 0.15, 0.07, 0.3)
    for step in range(3):
        sheet.block(0, step * 0.04, width + 0.3 - step * 0.1, 0.04, deep=0.9)
    sheet.block(0, steps, width * 0.96, order, deep=0.7, colour=sheet.wall * 0.85)
    if dome is not None:
        wide, drum, tall = dome
        x, foot = sheet.shift(0, roof, 0.45)
        sheet.turn(SHAFT, x, foot - 0.05, wide, drum + 0.05)
        for dx in np.sin(np.linspace(-1.2, 1.2, 7)) * wide * 0.5:
            sheet.open(ROUND, x + dx, foot + 0.03, 0.05, drum - 0.07)
        sheet.turn(SHAFT, x, foot + drum, wide * 1.08, 0.04)
        sheet.turn(ROUND, x, foot + drum + 0.04, wide, tall, colour=sheet.roof)
        sheet.turn(ONION, x, foot + drum + tall, 0.12, 0.2)
    for x, wide, tall in arches:
        sheet.open(ROUND, x, steps, wide, tall)
    for x in np.linspace(-width / 2 + 0.07, width / 2 - 0.07, columns):
        sheet.turn(COLUMN, x, steps, 0.09, order)
    sheet.block(0, eaves, width + 0.06, 0.1 + attic, deep=0.75)
    sheet.block(0, eaves + 0.08, width + 0.14, 0.03, deep=0.75)
    if pediment:
        sheet.gable(0, roof, width + 0.14, pediment, deep=0.75)
        inner = outline(CONE, 0, roof + 0.04, width - 0.16, pediment * 0.72)
        sheet.paint(inner, sheet.wall * 0.75)
    for x in np.linspace(-0.24, 0.24, figures):  # A group, highest in the middle.
        tall = 0.42 - abs(x)
        sheet.turn(POINTED, x, roof, 0.14, tall, colour=sheet.roof)
        sheet.turn(ONION, x, roof + tall - 0.04, 0.09, 0.12, colour=sheet.roof)


# fmt: off
LANDMARKS = {
    "neoclassical/domed_temple": partial(
        draw_neoclassical, width=1.0, columns=6, pediment=0.28,
        dome=(0.85, 0.25, 0.45)),
    "neoclassical/figured_gate": partial(
        draw_neoclassical, width=1.35, columns=6, attic=0.16, figures=5),
    "neoclassical/temple_front": partial(
        draw_neoclassical, width=1.25, columns=8, pediment=0.36),
    "neoclassical/three_arches": partial(
        draw_neoclassical, width=1.35, columns=4, attic=0.36,
        arches=[(-0.4, 0.2, 0.4), (0, 0.27, 0.54), (0.4, 0.2, 0.4)]),
    "neoclassical/winged_dome": partial(
        draw_neoclassical, width=0.7, columns=6, pediment=0.2, wings=0.6,
        dome=(0.5, 0.4, 0.34)),
}
# fmt: on
