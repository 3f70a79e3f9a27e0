"""The sheet that a monument is painted on, as cuboids, round bodies and openings.

A random generator comes in and chooses colours, light and direction. The monument is
painted from the back to the front, one method call a part, and nothing in it is random.
"""

from typing import Any

import cv2
import numpy as np

from draw.profiles import CONE, POINTED, ROUND, SHAFT, outline

# fmt: off
# Walls and roofs of every category come from the same list.
STONES = ((214, 189, 148), (196, 188, 176), (150, 148, 146), (172, 108, 84),
          (120, 112, 104), (226, 220, 208), (188, 140, 118), (142, 158, 172),
          (110, 134, 150), (168, 160, 120), (96, 84, 80), (132, 150, 138))
# fmt: on


class Sheet:
    """A transparent sheet with one monument on it, in oblique projection.

    Lengths are in units: x to the right from the middle, y up from the ground, and
    depth away from the viewer, in a direction chosen anew for every picture. A `box`
    is the x of the middle, the y of the foot, the width and the height. Faces are
    given by their corners, (N, 2); colours are (3,), RGB from 0 to 255. `pixels` is
    (HEIGHT, WIDTH, 4) float32, RGB and opacity from 0 to 255.
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
