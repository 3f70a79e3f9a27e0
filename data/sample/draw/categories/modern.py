"""Glass towers: straight, tapered, curved, bridged or under one deck."""

from collections.abc import Iterable
from functools import partial

from draw.profiles import CONE, ROUND
from draw.sheet import Sheet


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


# fmt: off
LANDMARKS = {
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
}
# fmt: on
