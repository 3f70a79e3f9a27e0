"""What a prepared picture looks like in 256 bits, and again trimmed, zoomed and turned.

In: prepared pictures. Out: one look each, 32 bytes, of the picture as it is, and looks
of what a copy of it may have become. The bits are signs of the 16 x 16 lowest
frequencies of the grey picture. A flip only turns the signs of odd frequencies, and a
turn exchanges rows and columns beside; so the eight turns and flips of a picture need
no looks of their own.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from headswap.artifacts.storage.arrays import Rows
from headswap.artifacts.storage.tables import PathLike
from headswap.machine.parallel import map_in_order
from headswap.machine.progress import progress
from headswap.pictures.perceptual import NUM_FREQUENCIES, SIDE, low_frequencies
from headswap.pictures.resize import COVERED

# Side of the picture that is zoomed and turned: SIDE, and what these cut off.
_WORKING_SIDE = 96
# (degrees, share cut off): what reaches crops of up to 7 % an edge and turns of up to 6
# degrees either way, framed like the original or cut to the inside.
_CHANGES = ((0.0, 0.06), (0.0, 0.1), (4.5, 0.0), (-4.5, 0.0), (4.5, 0.1), (-4.5, 0.1))
NUM_VERSIONS = 1 + len(_CHANGES)
LOOK_BYTES = NUM_FREQUENCIES**2 // 8
# A border is of one grey level, nearly, and at most so much of a side.
_BORDER_RANGE, _MAX_BORDER = 12, 0.25
_BATCH = 64
# Rows and columns of the frequencies, ordered by whether they are even or odd: no flip,
# flipped left to right, upside down, and by either.
_EVEN, _ODD = np.arange(0, NUM_FREQUENCIES, 2), np.arange(1, NUM_FREQUENCIES, 2)
_BY_PARITY = np.concatenate(
    [
        (rows[:, None] * NUM_FREQUENCIES + columns).ravel()
        for rows in (_EVEN, _ODD)
        for columns in (_EVEN, _ODD)
    ]
)


class Looks(NamedTuple):
    """Looks of N pictures; a row of 32 bytes is one look.

    Attributes:
        plain: (N + M, 32) uint8, of the N pictures, and of the M that have a border
            once more without it.
        owners: (N + M,) int, whose looks these are.
        transposed: (N + M, 32) uint8, the same, of the pictures with rows and columns
            exchanged.
        changed: (changes, N, 32) uint8, of the N pictures zoomed and turned.
    """

    plain: np.ndarray
    owners: np.ndarray
    transposed: np.ndarray
    changed: np.ndarray


def grey_content(image: np.ndarray, width: int, height: int, resize: str) -> np.ndarray:
    """Return what a prepared picture has within its padding, (rows, columns) uint8.

    Args:
        image: (S, S, 3) uint8, prepared.
        width: of the original.
        height: of the original.
        resize: how the picture was prepared.
    """
    size = len(image)
    columns, rows = COVERED[resize](width, height, size)
    top, left = (size - rows) // 2, (size - columns) // 2
    content = image[top : top + rows, left : left + columns]
    return cv2.cvtColor(np.ascontiguousarray(content), cv2.COLOR_RGB2GRAY)


def look_at(
    images: PathLike, rows: np.ndarray, sides: Sequence[tuple[int, int]], resize: str
) -> Iterator[np.ndarray]:
    """Yield the looks of each of some prepared pictures.

    They are (versions, 2, LOOK_BYTES) uint8. Versions are the picture as it is and
    changed and, where it has a border, without it; the 2 are a version and its
    transpose.

    Args:
        images: the folder of rows.
        rows: of the N pictures there.
        sides: of the N originals, (width, height).
        resize: how the pictures were prepared.
    """
    pictures = Rows([images])

    def work(start: int) -> list[np.ndarray]:
        batch = slice(start, start + _BATCH)
        versions = [
            list(_versions(grey_content(image, *own_sides, resize)))
            for image, own_sides in zip(
                pictures[rows[batch]], sides[batch], strict=True
            )
        ]
        signs = _signs([version for each in versions for version in each])
        return np.split(signs, np.cumsum([len(each) for each in versions])[:-1])

    with progress(what="looks", total=len(rows), unit="image") as bar:
        for some in map_in_order(work, range(0, len(rows), _BATCH)):
            yield from some
            bar.update(len(some))


def join_looks(found: Sequence[np.ndarray]) -> Looks:
    """Return what `look_at` found of N pictures as one."""
    own = np.stack([versions[:NUM_VERSIONS] for versions in found])
    bordered = [n for n, versions in enumerate(found) if len(versions) > NUM_VERSIONS]
    without = [found[number][NUM_VERSIONS:] for number in bordered]
    both = np.concatenate([own[:, 0], *without])
    return Looks(
        both[:, 0],
        np.array([*range(len(found)), *bordered]),
        both[:, 1],
        own[:, 1:, 0].swapaxes(0, 1),
    )


class Border(NamedTuple):
    """How many lines of a picture's edges are plain."""

    top: int
    bottom: int
    left: int
    right: int

    def trim(self, grey: np.ndarray) -> np.ndarray:
        """Return a picture without so many lines."""
        height, width = grey.shape
        return grey[self.top : height - self.bottom, self.left : width - self.right]


def find_border(grey: np.ndarray) -> Border:
    """Return the plain border of a picture, (H, W) uint8; zeros where it has none."""
    lines = (grey, grey[::-1], grey.T, grey.T[::-1])
    return Border(*map(_num_plain, lines))


def _num_plain(lines: np.ndarray) -> int:
    """Return how many lines from the first on are of one grey level, nearly."""
    # Mostly the first line says that there is no border; the rest takes time.
    if not len(lines) or int(lines[0].max()) - int(lines[0].min()) > 2 * _BORDER_RANGE:
        return 0
    edge = lines[: int(len(lines) * _MAX_BORDER)].astype(np.int16)
    is_plain = np.abs(edge - np.median(lines[0])).max(axis=1) <= _BORDER_RANGE
    return len(edge) if is_plain.all() else int(np.argmin(is_plain))


def squashed(grey: np.ndarray, side: int) -> np.ndarray:
    """Return a grey picture at another size, (side, side) uint8."""
    return cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA)


def _matrix(degrees: float, cut: float) -> np.ndarray:
    """Return what leads from a pixel of a changed picture to that of the working one.

    Args:
        degrees: by which the picture is turned, about its centre.
        cut: the share of each side that is cut off.
    """
    scale = (1 - cut) * _WORKING_SIDE / SIDE
    cosine, sine = (
        scale * np.cos(np.radians(degrees)),
        scale * np.sin(np.radians(degrees)),
    )
    linear = np.array([[cosine, -sine], [sine, cosine]])
    centre = np.full(2, (_WORKING_SIDE - 1) / 2) - linear @ np.full(2, (SIDE - 1) / 2)
    return np.column_stack([linear, centre])


_MATRICES = [_matrix(*change) for change in _CHANGES]


def _versions(grey: np.ndarray) -> Iterator[np.ndarray]:
    """Yield a picture as it is, zoomed and turned, and without a border that it has.

    (64, 64) uint8 each.
    """
    working = squashed(grey, _WORKING_SIDE)
    yield squashed(working, SIDE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for matrix in _MATRICES:
        yield cv2.warpAffine(
            working, matrix, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
    border = find_border(grey)
    if any(border):
        yield squashed(border.trim(grey), SIDE)


def _signs(greys: Sequence[np.ndarray]) -> np.ndarray:
    """Return the looks of pictures as they are and transposed, (B, 2, 32) uint8."""
    is_positive = low_frequencies(np.stack(greys)) > 0
    both = np.stack([is_positive, is_positive.swapaxes(1, 2)], axis=1)
    flat = both.reshape(len(greys), 2, -1)[..., _BY_PARITY]
    return np.packbits(flat, axis=-1)
