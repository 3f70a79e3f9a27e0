"""Pictures side by side, for people to look at."""

from collections.abc import Iterable

import numpy as np
from PIL import Image

from headswap.artifacts.storage.tables import PathLike


def draw_contact_sheet(path: PathLike, rows: Iterable[np.ndarray]) -> None:
    """Draw pictures side by side, one row an original and its versions.

    Originals without versions share a row.

    Args:
        path: of the picture, whose ending says the format.
        rows: (versions, H, W, 3) uint8, all of one size.
    """
    pictures = list(rows)
    if all(len(row) == 1 for row in pictures):
        pictures = [np.concatenate(pictures)]
    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in pictures])
    Image.fromarray(sheet).save(path)
