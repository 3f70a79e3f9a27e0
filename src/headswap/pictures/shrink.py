"""Large JPEGs, shrunk while they are decoded: boxes of pixels, and their averages.

A JPEG decoder gives the averages of boxes of pixels for a fraction of the work and
memory of the pixels. What is resized from boxes instead of pixels differs where a
border of the result cuts through a box: on 12 megapixels to 320 by 0.1 to 0.4 grey
levels on average where edges are three pixels wide or more, by 0.6 to 0.9 where they
are one or two.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

# Boxes of 8 would take a fifth less time than those of 4, and differ twice as much.
SIDES = (4, 2)
# Boxes a pixel of the result spans at least, either way.
MIN_SPAN = 2
# Below this, decoding takes little, and pictures have mostly been made smaller before:
# every pixel of them is sharp, and boxes would show.
MIN_PIXELS = 2_000_000
# Weights of boxes that are computed at a time, zeros included.
MAX_WEIGHTS = 500_000


def shrink_while_decoding(image: Image.Image, columns: int, rows: int) -> int:
    """Let a JPEG that was opened decode to boxes; return their side, 1 for pixels.

    The largest boxes are taken of which a pixel of the result spans two or more.

    Args:
        image: not loaded yet, and stored as (columns, rows) are meant.
        columns: of the result.
        rows: of the result.
    """
    width, height = image.size
    # MPO is a JPEG with more pictures behind it.
    if image.format not in ("JPEG", "MPO") or width * height < MIN_PIXELS:
        return 1
    span = min(width / columns, height / rows) / MIN_SPAN
    side = next((side for side in SIDES if side <= span), 1)
    if side > 1 and not image.draft(None, (width // side, height // side)):
        return 1
    return side


def average_boxes(
    boxes: np.ndarray, width: float, height: float, columns: int, rows: int
) -> np.ndarray:
    """Return (rows, columns, 3) uint8, the averages of areas of a picture.

    Args:
        boxes: (H, W, 3) uint8.
        width: of the picture in boxes; the last one may lie partly outside.
        height: of the picture in boxes.
        columns: of the result.
        rows: of the result.
    """
    num_rows, num_columns, num_channels = boxes.shape
    down = _weights(num_rows, height, rows)
    across = _weights(num_columns, width, columns)
    lines = down @ boxes.reshape(num_rows, -1).astype(np.float32)
    lines = lines.reshape(rows, num_columns, num_channels).swapaxes(0, 1)
    means = across @ lines.reshape(num_columns, -1)
    means = means.reshape(columns, rows, num_channels).swapaxes(0, 1)
    return np.clip(np.rint(means), 0, 255).astype(np.uint8, order="C")


@lru_cache(64)
def _weights(num_boxes: int, extent: float, size: int) -> Any:
    """Return what each box adds to each pixel of a line, sparse (size, boxes) float32.

    The running sum of the boxes is known at their borders. Between them it is drawn as
    a cubic, which is nearer to the pixels than a line: a box is not one colour.

    Source: Catmull and Rom (1974), "A class of local interpolating splines".
    """
    # Imported where large JPEGs are: it takes as long as hundreds of small pictures.
    from scipy.sparse import csr_array, vstack

    edges = np.linspace(0, extent, size + 1)
    # A panorama has tens of thousands of boxes a line, nearly all of them of weight 0.
    step = max(1, MAX_WEIGHTS // num_boxes)
    blocks = [
        _dense_weights(num_boxes, edges[start : start + step + 1], size / extent)
        for start in range(0, size, step)
    ]
    return vstack([csr_array(block.astype(np.float32)) for block in blocks], "csr")


def _dense_weights(num_boxes: int, edges: np.ndarray, density: float) -> np.ndarray:
    """Return how much of each box lies between edges, (edges - 1, boxes) float64.

    Args:
        num_boxes: of a line.
        edges: of the pixels, in boxes.
        density: pixels a box.
    """
    before = np.minimum(edges.astype(int), num_boxes - 1)[:, None]
    t = edges[:, None] - before
    # Sums start one box before the picture, for which the first box stands in; the last
    # one does for the box behind it.
    box = np.arange(num_boxes + 2)
    at_edges = (
        (box < before) * ((2 - t) * t - 1) * t
        + (box < before + 1) * ((3 * t - 5) * t * t + 2)
        + (box < before + 2) * ((4 - 3 * t) * t + 1) * t
        + (box < before + 3) * (t - 1) * t * t
    ) / 2
    weights = np.diff(at_edges, axis=0) * density
    weights[:, 1] += weights[:, 0]
    weights[:, -2] += weights[:, -1]
    return weights[:, 1:-1]
