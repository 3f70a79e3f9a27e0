"""Draw the built-in sample set: stylised monuments in two levels of classes.

    python draw.py OUTPUT_FOLDER

writes 6 categories x 5 landmarks x 14 pictures, 420 files, to
OUTPUT_FOLDER/<category>/<landmark>/<NN>.<extension>. The landmarks of a category
share its vocabulary (spires, domes, columns, ...) and differ in the number, the
arrangement and the proportions of the parts. Colour tells nothing: walls, sky,
light and ground are chosen anew for every picture. `ODD_FILES` lists the few files
that are broken or unusual on purpose.

Every picture has its own random generator, seeded by its category, landmark and
number, so the same bytes come out in whatever order the pictures are drawn.
"""

import argparse
import io
import itertools
import sys
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import ExifTags, Image
from tqdm import tqdm

PICTURES_PER_LANDMARK = 14

# fmt: off
# Half outlines from the bottom upwards: (half width, height), both from 0 to 1.
# Mirrored, one is the outline of a dome, a spire, the top of an arch or a roof.
SHAFT = ((1, 0), (1, 1))
COLUMN = ((1.25, 0), (1.25, 0.05), (0.9, 0.06), (0.8, 0.93), (1.3, 0.96), (1.3, 1))
CONE = ((1, 0), (0, 1))
ROUND = tuple((np.cos(turn), np.sin(turn)) for turn in np.linspace(0, np.pi / 2, 9))
POINTED = ((1, 0), (0.95, 0.25), (0.8, 0.5), (0.52, 0.75), (0, 1))
ONION = ((0.8, 0), (0.97, 0.16), (1, 0.3), (0.9, 0.46), (0.62, 0.63), (0.3, 0.75),
         (0.1, 0.86), (0.03, 1))
EAVES = ((0, 0.05), (0.6, 0.07), (0.85, 0.17), (1, 0.4), (0.97, 0.44), (0.78, 0.45),
         (0.62, 0.6), (0.52, 1))

# Walls and roofs of every category come from the same list.
STONES = ((214, 189, 148), (196, 188, 176), (150, 148, 146), (172, 108, 84),
          (120, 112, 104), (226, 220, 208), (188, 140, 118), (142, 158, 172),
          (110, 134, 150), (168, 160, 120), (96, 84, 80), (132, 150, 138))
GROUNDS = ((104, 128, 66), (186, 164, 120), (150, 146, 140), (92, 92, 96),
           (120, 104, 78))
CLOUD = (250, 246, 244)
SKIES = (
    # Zenith, horizon, strength of the clouds, tint of the light.
    ((70, 122, 196), (190, 214, 236), 0.0, (1.05, 1.02, 0.96)),  # clear
    ((92, 140, 200), (206, 218, 230), 0.9, (1.0, 1.0, 1.0)),  # clouds
    ((74, 72, 124), (248, 172, 104), 0.5, (1.08, 0.88, 0.74)),  # sunset
    ((150, 154, 160), (206, 208, 210), 0.4, (0.86, 0.88, 0.92)),  # grey
)
# What stands in the way: strokes (x, y, x, y, width, colour) in shares of a size; a
# stroke without length is a dot, and one without a colour takes the thing's own.
LAMP_POST = ((0, 0, 0, 0.45, 0.012, None), (0, 0.45, 0.05, 0.47, 0.012, None),
             (0.05, 0.46, 0.05, 0.46, 0.04, (240, 230, 190)))
PERSON = ((0, 0.03, 0, 0.09, 0.032, None), (-0.008, 0, -0.005, 0.06, 0.014, None),
          (0.01, 0, 0.005, 0.06, 0.014, None),
          (0, 0.125, 0, 0.125, 0.03, (150, 110, 90)))
CAR = ((-0.11, 0.04, 0.11, 0.04, 0.06, None), (-0.05, 0.08, 0.05, 0.08, 0.06, None),
       (-0.07, 0.015, -0.07, 0.015, 0.05, (24, 24, 26)),
       (0.07, 0.015, 0.07, 0.015, 0.05, (24, 24, 26)))
# fmt: on


def outline(
    profile: Any, x: float, y: float, width: float, height: float
) -> np.ndarray:
    """Mirror a half outline and stretch it to a width and a height."""
    half, rise = np.asarray(profile, float).T
    right = np.stack([x + half * width / 2, y + rise * height], axis=1)
    return np.concatenate([right, (right * (-1, 1) + (2 * x, 0))[::-1]])


class Sheet:
    """A transparent sheet with one monument on it, in oblique projection.

    Lengths are in units: x to the right from the middle, y up from the ground, and
    depth away from the viewer, in a direction chosen anew for every picture. A `box`
    is the x of the middle, the y of the foot, the width and the height.
    """

    UNIT, WIDTH, HEIGHT = 170, 680, 460

    def __init__(self, generator: np.random.Generator) -> None:
        """Choose colours, light and direction for an empty sheet."""
        wall, roof = generator.choice(np.array(STONES, np.float32), 2, replace=False)
        self.wall = wall * generator.uniform(0.85, 1.1)
        self.roof = roof * generator.uniform(0.6, 1.0)
        self.hole = self.wall * generator.uniform(0.22, 0.5)
        self.side = generator.choice((-1, 1))
        self.depth = np.array(
            [self.side * generator.uniform(0.08, 0.4), generator.uniform(0.03, 0.15)]
        )
        self.sun = generator.uniform(-0.85, 0.85)
        self.pixels = np.zeros((self.HEIGHT, self.WIDTH, 4), np.float32)

    def shift(self, x: float, y: float, deep: float) -> np.ndarray:
        """Compute where a point so deep in the picture lies on the sheet."""
        return np.array([x, y]) + deep * self.depth

    def shade(self, normal: Any) -> Any:
        """Compute how bright faces are from the horizontal part of their normals."""
        front = np.sqrt(np.clip(1 - np.square(normal), 0, 1))
        facing = normal * self.sun + front * np.sqrt(1 - self.sun**2)
        return 0.5 + 0.58 * np.maximum(0, facing)

    def paint(
        self,
        points: Any,
        colour: Any,
        *,
        normal: float = 0.0,
        is_round: bool = False,
        panes: tuple[float, float] | None = None,
    ) -> None:
        """Paint one face: flat or round, plain or divided into panes."""
        places = np.asarray(points, float) * (self.UNIT, -self.UNIT)
        places += (self.WIDTH / 2, self.HEIGHT - 12)
        left, top = np.maximum(np.floor(places.min(axis=0)), 0).astype(int)
        right, bottom = np.ceil(places.max(axis=0)).astype(int) + 1
        area = self.pixels[top:bottom, left:right]
        height, width = area.shape[:2]
        mask = np.zeros((height, width), np.uint8)
        corners = np.round((places - (left, top)) * 16).astype(np.int32)
        cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, shift=4)
        across = np.linspace(-1, 1, width) if is_round else normal
        light = np.broadcast_to(self.shade(across), (height, width)).astype(np.float32)
        if panes is not None:
            # Counted from the sheet's corner, so the panes of two faces line up.
            columns = np.arange(left, left + width) % (panes[0] * self.UNIT)
            rows = np.arange(top, top + height) % (panes[1] * self.UNIT)
            light[(columns < 2) | (rows < 2)[:, None]] *= 0.6
        face = np.full(area.shape, 255, np.float32)
        face[..., :3] = light[..., None] * colour
        area += (face - area) * (mask[..., None] / np.float32(255))

    def extrude(self, points: Any, deep: float, colour: Any, **style: Any) -> None:
        """Paint a body with the given front and the same outline `deep` behind it."""
        points = np.asarray(points, float)
        edges = np.roll(points, -1, axis=0) - points
        area = np.sum(points[:, 0] * edges[:, 1] - points[:, 1] * edges[:, 0])
        back = self.depth * deep
        for start, edge in zip(points, edges, strict=True):
            outwards = np.array([edge[1], -edge[0]]) * np.sign(area)
            if outwards @ self.depth <= 0:
                continue  # This side looks away from the viewer.
            quad = [start, start + edge, start + edge + back, start + back]
            normal = float(outwards[0] / np.hypot(*outwards))
            self.paint(quad, colour, **style | {"normal": normal})
        self.paint(points, colour, **style)

    def block(self, *box: float, deep: float, colour: Any = None) -> None:
        """Paint a cuboid."""
        colour = self.wall if colour is None else colour
        self.extrude(outline(SHAFT, *box), deep, colour)

    def gable(self, *box: float, deep: float) -> None:
        """Paint a gable and the roof behind it."""
        self.extrude(outline(CONE, *box), deep, self.roof)
        self.paint(outline(CONE, *box), self.wall)

    def turn(self, profile: Any, *box: float, colour: Any = None) -> None:
        """Paint a round body: a dome, a column, a minaret or a pinnacle."""
        colour = self.wall if colour is None else colour
        self.paint(outline(profile, *box), colour, is_round=True)

    def open(
        self, profile: Any, x: float, y: float, width: float, height: float
    ) -> None:
        """Paint an opening with an arch of the given profile, or a flat one."""
        share = {SHAFT: 0.0, ROUND: 0.5, POINTED: 0.75}[profile]
        rise = min(height, width * share)
        arch = outline(profile, x, y + height - rise, width, rise)
        feet = [(x - width / 2, y), (x + width / 2, y)]
        self.paint([*feet, *arch], self.hole, normal=self.sun)

    def pile(
        self,
        *box: float,
        top: float,
        deep: float = 0.0,
        depth: float = 1.0,
        colour: Any = None,
    ) -> None:
        """Paint a square frustum, a pyramid or a spire where the top is 0 wide."""
        x, y, base, height = box
        colour = self.wall if colour is None else colour
        floor, roof = (
            [
                self.shift(x + across * wide, level, depth * (deep + inset + away))
                for across, away in ((-0.5, 0), (0.5, 0), (0.5, wide), (-0.5, wide))
            ]
            for wide, level, inset in (
                (base, y, 0),
                (top, y + height, (base - top) / 2),
            )
        )
        near, far = (1, 2) if self.side > 0 else (0, 3)
        flank = [floor[near], floor[far], roof[far], roof[near]]
        self.paint(flank, colour, normal=self.side)
        self.paint([*floor[:2], *roof[1::-1]], colour)
        self.paint(roof, colour * 1.1, normal=self.sun)


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


def draw_modern(
    sheet: Sheet,
    *,
    towers: Iterable[Iterable[tuple[float, float, float]]],
    deck: tuple[float, ...] | None = None,
    mast: tuple[float, float, float] | None = None,
) -> None:
    """Draw glass towers, each a list of levels (left, right, height).

    The deck is a box; the mast is (x, foot, height).
    """
    if mast is not None:
        x, foot, height = mast
        sheet.turn(CONE, *sheet.shift(x, foot, 0.15), 0.07, height)
    for levels in towers:
        left = [(x, height) for x, _, height in levels]
        right = [(x, height) for _, x, height in levels]
        sheet.extrude([*right, *left[::-1]], 0.3, sheet.wall, panes=(0.07, 0.06))
    if deck is not None:
        sheet.block(*deck, deep=0.3, colour=sheet.roof)
    sheet.block(0, 0, 1.5, 0.07, deep=0.35, colour=sheet.roof)


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
LANDMARKS: dict[str, Callable[[Sheet], None]] = {
    "gothic/one_spire": partial(draw_gothic, towers=[(0, 0.95, 0.85)]),
    "gothic/square_towers": partial(
        draw_gothic, towers=[(-0.48, 1.1, 0), (0.48, 1.1, 0)]),
    "gothic/three_spires": partial(
        draw_gothic, towers=[(-0.48, 0.7, 0.4), (0.48, 0.7, 0.4)], lantern=(1.2, 0.8)),
    "gothic/twin_spires": partial(
        draw_gothic, towers=[(-0.48, 0.9, 0.65), (0.48, 0.9, 0.65)]),
    "gothic/uneven_spires": partial(
        draw_gothic, towers=[(-0.48, 0.65, 0.3), (0.48, 1.05, 0.8)]),

    "modern/bridged_towers": partial(
        draw_modern, deck=(0, 0.62, 0.44, 0.09),
        towers=[[(x - half, x + half, height) for half, height in
                 ((0.2, 0), (0.2, 1.1), (0.12, 1.25), (0.02, 1.5))]
                for x in (-0.42, 0.42)]),
    "modern/curved_sail": partial(
        draw_modern, mast=(-0.32, 1.2, 0.45),
        towers=[[(-0.35, 0.8 * x - 0.33, 1.3 * y) for x, y in ROUND]]),
    "modern/decked_trio": partial(
        draw_modern, deck=(0.06, 1.0, 1.75, 0.08),
        towers=[[(x - 0.17, x + 0.17, 0), (x - 0.13, x + 0.13, 1)]
                for x in (-0.58, 0, 0.58)]),
    "modern/setback_tower": partial(
        draw_modern, mast=(0, 1.3, 0.45),
        towers=[[(-half, half, height) for half, height in
                 ((0.45, 0), (0.45, 0.45), (0.33, 0.45), (0.33, 0.85),
                  (0.2, 0.85), (0.2, 1.25), (0.1, 1.25), (0.1, 1.4))]]),
    "modern/tapered_tower": partial(
        draw_modern, mast=(0, 1.6, 0.25),
        towers=[[(-0.4, 0.4, 0), (-0.03, 0.03, 1.75)]]),

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

    "pagodas/broad_hall": partial(draw_pagodas, towers=[(0, 2, 1.6, 1.1, 0.42)]),
    "pagodas/five_roofs": partial(draw_pagodas, towers=[(0, 5, 0.85, 0.5, 0.28)]),
    "pagodas/nine_roofs": partial(draw_pagodas, towers=[(0, 9, 0.62, 0.32, 0.18)]),
    "pagodas/three_roofs": partial(draw_pagodas, towers=[(0, 3, 1.05, 0.55, 0.42)]),
    "pagodas/twin_pagodas": partial(
        draw_pagodas, towers=[(x, 6, 0.55, 0.36, 0.23) for x in (-0.46, 0.46)]),

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


def noise(
    generator: np.random.Generator, shape: tuple[int, ...], *cells: tuple[int, int]
) -> np.ndarray:
    """Draw smooth noise, a sum of layers with so many bumps down and across."""
    layers = [
        cv2.resize(
            generator.standard_normal(grid, np.float32),
            shape[1::-1],
            interpolation=cv2.INTER_CUBIC,
        )
        for grid in cells
    ]
    return np.sum(layers, axis=0)[..., None]


def draw_surroundings(
    generator: np.random.Generator, shape: tuple[int, int], horizon: int, sky: Any
) -> np.ndarray:
    """Draw sky, far skyline and ground; the sky is transparent."""
    height, width = shape
    zenith, low = np.array(sky[:2], np.float32)
    cloudiness = sky[2]
    fade = np.linspace(0, 1, horizon, dtype=np.float32)[:, None, None]
    air = zenith * (1 - fade) + low * fade
    clouds = noise(generator, (horizon, width), (8, 5), (19, 12))
    cover = np.clip(clouds * 0.6, 0, 1) * (cloudiness * generator.uniform(0.4, 1))
    ground = generator.choice(np.array(GROUNDS, np.float32))
    rough = 1 + 0.07 * noise(generator, (height - horizon, width), (9, 5), (30, 40))

    scene = np.full((*shape, 4), 255, np.float32)
    scene[:horizon, :, 3] = 0
    scene[:horizon, :, :3] = air + (np.array(CLOUD, np.float32) - air) * cover
    if generator.random() < 0.6:  # A skyline: a range of hills, or a row of houses.
        peaks = generator.uniform(0, 0.2 * horizon, generator.integers(4, 26))
        along = np.linspace(0, len(peaks) - 1, width)
        if generator.random() < 0.5:
            along = np.round(along)
        ridge = np.interp(along, np.arange(len(peaks)), peaks)
        colour = low * 0.55 + ground * 0.3
        scene[np.arange(height)[:, None] > horizon - ridge] = np.append(colour, 255)
    scene[horizon:, :, :3] = ground * rough
    return scene


def place(
    sheet: np.ndarray,
    generator: np.random.Generator,
    shape: tuple[int, int],
    base: float,
) -> np.ndarray:
    """Warp the monument into a picture, as seen from a view of its own.

    The colours come back multiplied by the opacity, as smooth edges need it.
    """
    left, top, wide, tall = cv2.boundingRect((sheet[..., 3] > 0).astype(np.uint8))
    sheet = sheet[top : top + tall, left : left + wide]
    stains = noise(generator, sheet.shape, (6, 8), (60, 90))
    sheet[..., :3] *= (1 + 0.05 * stains) * sheet[..., 3:] / 255

    height, width = shape
    is_cropped = generator.random() < 0.1
    fill = generator.uniform(*((1.0, 1.15) if is_cropped else (0.68, 0.96)))
    scale = fill * min(width / wide, base / tall)
    half = wide * scale * generator.uniform(0.92, 1.08) / 2
    rise = tall * scale * generator.uniform(0.92, 1.05)
    room = max(width - 2 * half, 0.16 * width)
    x = width / 2 + generator.uniform(-0.45, 0.45) * room
    slant, shear, turn = generator.normal(0, (0.1, 0.06, 0.04)) * half
    reach = half * generator.uniform(0.8, 1.0)  # Seen from below, the top is narrower.
    corners = [(0.0, tall), (wide, tall), (wide, 0), (0, 0)]
    target = [
        (x - half, base + turn),
        (x + half, base - turn),
        (x + reach + shear, base - rise - turn - slant),
        (x - reach + shear, base - rise + turn + slant),
    ]
    matrix = cv2.getPerspectiveTransform(
        np.array(corners, np.float32), np.array(target, np.float32)
    )
    return cv2.warpPerspective(sheet, matrix, (width, height))


def grow_tree(generator: np.random.Generator) -> list[tuple]:
    """List the strokes of a tree: a trunk and overlapping tufts of leaves."""
    leaf = np.array((70, 92, 42)) * generator.uniform(0.6, 1.3, 3)
    strokes = [(0, 0, 0, 0.26, 0.03, (74, 58, 46))]
    for turn, out, light in generator.uniform(0, 1, (45, 3)):
        x = 0.13 * np.sqrt(out) * np.cos(turn * 2 * np.pi)
        y = 0.17 * np.sqrt(out) * np.sin(turn * 2 * np.pi) + 0.33
        strokes.append((x, y, x, y, 0.06, leaf * (0.75 + 0.4 * light + x)))
    return strokes


def occlude(canvas: np.ndarray, generator: np.random.Generator, horizon: int) -> None:
    """Put trees, lamp posts, people and cars in front of the monument."""
    height, width = canvas.shape[:2]
    things = (grow_tree(generator), LAMP_POST, PERSON, CAR)
    for _ in range(generator.integers(0, 4)):
        strokes = things[generator.choice(4, p=(0.32, 0.22, 0.32, 0.14))]
        own = generator.uniform(20, 130, 3)
        foot = (width * generator.uniform(), generator.uniform(horizon, height * 1.03))
        size = height * generator.uniform(0.6, 1.1)
        for *line, thick, colour in strokes:
            ends = np.reshape(line, (2, 2)) * (size, -size) + foot
            start, end = np.round(ends * 16).astype(int).tolist()
            paint = (*(own if colour is None else colour), 255)
            broad = max(1, round(thick * size))
            cv2.line(canvas, start, end, paint, broad, cv2.LINE_AA, shift=4)


def draw_picture(name: str, number: int) -> Image.Image:
    """Draw one picture.

    Args:
        name: the landmark's, a key of `LANDMARKS`.
        number: the picture's; with the name it is the seed of everything random.

    Returns:
        A picture of mode RGBA, of which the sky is transparent.
    """
    generator = np.random.default_rng([zlib.crc32(name.encode()), number])
    sheet = Sheet(generator)
    LANDMARKS[name](sheet)

    long = int(generator.integers(300, 401))
    shape = (long, int(generator.integers(240, long + 1)))
    shape = shape if generator.random() < 0.5 else shape[::-1]
    base = shape[0] * generator.uniform(0.8, 0.94)
    horizon = int(base - shape[0] * generator.uniform(0.03, 0.1))
    _, low, _, tint = sky = SKIES[generator.integers(len(SKIES))]

    canvas = draw_surroundings(generator, shape, horizon, sky)
    monument = place(sheet.pixels, generator, shape, base)
    haze = generator.uniform(0, 0.25)
    weights = np.diag([1 - haze, 1 - haze, 1 - haze, 1.0])
    weights[:3, 3] = np.array(low) / 255 * haze
    canvas *= 1 - cv2.merge([monument[..., 3]] * 4) / 255
    canvas += cv2.transform(monument, weights)
    occlude(canvas, generator, horizon)

    # The camera: blur, the light's tint and strength, contrast, noise.
    rgb = cv2.GaussianBlur(canvas[..., :3], (0, 0), generator.uniform(0.3, 1.2))
    contrast = generator.uniform(0.75, 1.1)
    gain = np.array(tint) * generator.uniform(0.75, 1.2) * contrast
    rgb = cv2.transform(rgb, np.c_[np.diag(gain), np.full(3, 120 * (1 - contrast))])
    grain = generator.standard_normal(rgb.shape, np.float32)
    rgb = rgb + grain * generator.uniform(2, 10)
    pixels = cv2.merge([*cv2.split(rgb), canvas[..., 3]])
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def encode(picture: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """Encode a picture."""
    stream = io.BytesIO()
    picture.save(stream, form, **({"quality": 90} | options))
    return stream.getvalue()


def encode_plain(picture: Image.Image) -> bytes:
    """Encode a picture as nearly all are: a colour JPEG of quality 90."""
    return encode(picture.convert("RGB"))


def encode_truncated(picture: Image.Image) -> bytes:
    """Encode a JPEG and lose its second half."""
    whole = encode_plain(picture)
    return whole[: len(whole) // 2]


def encode_turned(picture: Image.Image) -> bytes:
    """Encode a JPEG stored a quarter turn to the left, with the tag that says so."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    turned = picture.convert("RGB").transpose(Image.Transpose.ROTATE_90)
    return encode(turned, exif=exif)


def encode_resaved(picture: Image.Image) -> bytes:
    """Encode what a JPEG of the picture shows once more, at a lower quality."""
    return encode(Image.open(io.BytesIO(encode_plain(picture))), quality=60)


def encode_cutout(picture: Image.Image) -> bytes:
    """Encode a PNG with a transparent sky; black is below the transparency."""
    return encode(
        Image.alpha_composite(Image.new("RGBA", picture.size), picture), "PNG"
    )


class OddFile(NamedTuple):
    """One file that is unusual on purpose."""

    encode: Callable[[Image.Image], bytes]
    extension: str = "jpg"
    # The number of the picture shown, if not the file's own.
    shows: int | None = None


# At most one a landmark, so that none loses more than one picture.
ODD_FILES: dict[str, OddFile] = {
    # Broken: a loader must report these and go on.
    "gothic/square_towers/05": OddFile(encode_truncated),
    "modern/curved_sail/09": OddFile(lambda _: b""),
    "pagodas/three_roofs/11": OddFile(lambda _: b"This is not a picture.\n"),
    # Readable: a loader must tell the format by the content, not by the name, ...
    "mughal/wide_tomb/03": OddFile(lambda shot: encode(shot.convert("RGB"), "WEBP")),
    # ... turn the picture upright, ...
    "neoclassical/winged_dome/07": OddFile(encode_turned),
    # ... and make three colour channels out of one, out of four, and out of a cut-out.
    "pyramids/nine_steps/02": OddFile(lambda shot: encode(shot.convert("L"))),
    "gothic/twin_spires/12": OddFile(
        lambda shot: encode(shot.convert("RGB").convert("CMYK"))
    ),
    "modern/setback_tower/04": OddFile(encode_cutout, "png"),
    # Duplicates, which must not end up in two different splits: the same bytes, and
    # the same picture in other bytes.
    "mughal/three_domes/13": OddFile(encode_plain, shows=6),
    "pagodas/nine_roofs/10": OddFile(encode_resaved, shows=1),
}
PLAIN_FILE = OddFile(encode_plain)


def write_picture(folder: Path, name: str, number: int) -> Path:
    """Draw, encode and write one picture of the landmark `name`."""
    file = ODD_FILES.get(f"{name}/{number:02d}", PLAIN_FILE)
    picture = draw_picture(name, number if file.shows is None else file.shows)
    path = folder / name / f"{number:02d}.{file.extension}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.encode(picture))
    return path


def draw_set(folder: Path) -> list[Path]:
    """Draw the whole set into a folder.

    Args:
        folder: made if it is not there; files of the same names are replaced.

    Returns:
        The paths of all files, in the order of the table.

    Raises:
        NotADirectoryError: if `folder` is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(
            f"draw.py: OUTPUT_FOLDER must be a folder, got the file {folder}. "
            "Give another path, or move the file away."
        )
    jobs = [(name, n) for name in LANDMARKS for n in range(PICTURES_PER_LANDMARK)]
    cv2.setNumThreads(1)  # The pictures are drawn side by side instead.
    # Two at a time: more would wait for one another, as much of the work is Python's.
    with ThreadPoolExecutor(2) as pool:
        written = pool.map(lambda job: write_picture(folder, *job), jobs)
        return list(tqdm(written, "draw", len(jobs), unit="picture", disable=None))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Draw the built-in sample set.")
    parser.add_argument("folder", metavar="OUTPUT_FOLDER", type=Path)
    folder = parser.parse_args(arguments).folder
    try:
        paths = draw_set(folder)
    except OSError as error:
        sys.exit(str(error))
    categories = {name.split("/")[0] for name in LANDMARKS}
    print(
        f"Drew {len(paths)} pictures of {len(LANDMARKS)} landmarks in "
        f"{len(categories)} categories into {folder}, {len(ODD_FILES)} of them odd "
        "on purpose."
    )


if __name__ == "__main__":
    main()
