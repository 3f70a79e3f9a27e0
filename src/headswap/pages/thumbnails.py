"""Small pictures for a page, as data URIs, within a number of bytes.

In: prepared pictures, (S, S, 3) uint8 RGB. Out: WebP of at most `SIDE` pixels a side.
Once the bytes are used up there are none, so that a page of any data set is small.
"""

import base64
import io
from collections.abc import Callable

import numpy as np
from PIL import Image

SIDE = 160
QUALITY = 60
# Letters of HTML for all pictures of a page, which is to stay below 5 MB.
ROOM = 3_000_000


class Thumbnails:
    """Thumbnails of one page, made while there is room for them.

    Args:
        room: letters that all of them may take.
    """

    def __init__(self, room: int = ROOM):
        self._room = room

    def __call__(
        self, read: Callable[[], np.ndarray], side: int | None = None
    ) -> str | None:
        """Return the data URI of a picture, or None where there is no room for it.

        Args:
            read: returns the picture, (S, S, 3) uint8 RGB; called only if it is needed.
            side: pixels of it, at most; None for `SIDE`.
        """
        if self._room <= 0:
            return None
        made = thumbnail(read(), side or SIDE)
        self._room -= len(made)
        return made if self._room >= 0 else None


def thumbnail(pixels: np.ndarray, side: int = SIDE) -> str:
    """Return a picture as the data URI of a small WebP.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        side: pixels of the result, at most.
    """
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=None)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=4)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
