"""Confirmation: two pictures laid over each other, and whether they agree in detail.

The second is turned and flipped, moved, scaled and sheared until it fits the first one
best, first small, then larger. What counts is where they overlap. A hash says that
masses of light and dark lie alike, as they do in two pictures of beaches; the detail,
the picture minus its blur, agrees in the same picture alone. It is brought to the same
contrast everywhere: else a frame, a caption or the round edge of a microscope's view,
which whole data sets share, would outweigh all that lies within.
"""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from headswap.prepare.near_duplicates.looks import Border, find_border, squashed

# Correlations from which on two pictures are one.
MIN_CORRELATION, MIN_DETAIL = 0.9, 0.6
SIDE, _SMALL_SIDE = 64, 32
_NUM_TURNS = 2
# Pixels: of the blur that detail is without, and of the surroundings whose contrast it
# is divided by; and the grey levels below which contrast is noise.
_BLUR, _SURROUNDINGS, _NOISE = 2.5, 3.0, 2.0
# The share of the first that the second has to cover.
_MIN_OVERLAP = 0.5
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-4)


class Agreement(NamedTuple):
    """How well two pictures agree where they overlap.

    Attributes:
        correlation: of their grey levels, -1 to 1.
        detail: of what is left without their blur, all of one contrast, -1 to 1.
    """

    correlation: float
    detail: float

    @property
    def is_same(self) -> bool:
        """Whether the two are the same picture, or the same moment."""
        return self.correlation >= MIN_CORRELATION and self.detail >= MIN_DETAIL

    @property
    def strength(self) -> float:
        """How far the weaker of the two reaches; from 1 on, the two are the same."""
        return min(self.correlation / MIN_CORRELATION, self.detail / MIN_DETAIL)


NONE = Agreement(0.0, 0.0)


def agreement(first: np.ndarray, second: np.ndarray) -> Agreement:
    """Return how well two pictures agree once one is laid over the other.

    Args:
        first: (H, W) uint8.
        second: (H, W) uint8, of sides of its own.
    """
    best = NONE
    for still, other in _framings(first, second):
        for turned in _likeliest_turns(still, other):
            for matrix in _placings(still, turned):
                found = _compare(still, turned, matrix)
                best = max(best, found, key=lambda one: one.strength)
                if best.is_same:
                    return best
    return best


def _framings(
    first: np.ndarray, second: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the two, (64, 64) uint8, and once more each without its plain border.

    The border that both have is left out in any case: it agrees, whatever it is around.
    """
    side = max(*first.shape, *second.shape)
    both = [squashed(grey, side) for grey in (first, second)]
    borders = [find_border(grey) for grey in both]
    shared = Border(*map(min, *borders))
    framings = dict.fromkeys([(shared, shared), tuple(borders)])
    for own, others in framings:
        yield (
            squashed(own.trim(both[0]), SIDE),
            squashed(others.trim(both[1]), SIDE),
        )


def _likeliest_turns(first: np.ndarray, second: np.ndarray) -> list[np.ndarray]:
    """Return the turns of the second that are most like the first as they lie."""
    small = squashed(first, _SMALL_SIDE).astype(np.float32).ravel()
    turns = [
        np.ascontiguousarray(np.rot90(flipped, quarter))
        for flipped in (second, second[:, ::-1])
        for quarter in range(4)
    ]
    likeness = [
        _correlation(small, squashed(turned, _SMALL_SIDE).astype(np.float32).ravel())
        for turned in turns
    ]
    return [turns[number] for number in np.argsort(likeness)[: -_NUM_TURNS - 1 : -1]]


def _placings(first: np.ndarray, second: np.ndarray) -> Iterator[np.ndarray]:
    """Yield (2, 3) matrices that lay the second over the first, ever more closely."""
    unmoved = np.eye(2, 3)
    yield unmoved
    smaller = squashed(first, _SMALL_SIDE), squashed(second, _SMALL_SIDE)
    for matrix in _align(*smaller, unmoved):
        # Pixel centres of the small picture lie between those of the large one.
        scale = SIDE // _SMALL_SIDE
        shift = np.full(2, (scale - 1) / 2)
        matrix[:, 2] = scale * matrix[:, 2] + shift - matrix[:, :2] @ shift
        yield matrix
        yield from _align(first, second, matrix)


def _align(
    first: np.ndarray, second: np.ndarray, start: np.ndarray
) -> Iterator[np.ndarray]:
    """Yield the (2, 3) matrix with which the second fits best, if it is found."""
    try:
        _, matrix = cv2.findTransformECC(
            first, second, start.astype(np.float32), cv2.MOTION_AFFINE, _STOP
        )
    except cv2.error:  # It did not converge, or moved out of the picture.
        return
    yield matrix.astype(float)


def _compare(first: np.ndarray, second: np.ndarray, matrix: np.ndarray) -> Agreement:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (SIDE, SIDE)
    moved = cv2.warpAffine(
        second.astype(np.float32),
        matrix,
        size,
        flags=flags,
        borderMode=cv2.BORDER_REPLICATE,
    )
    covered = cv2.warpAffine(np.ones(size, np.float32), matrix, size, flags=flags)
    is_covered = covered > 0.999
    if is_covered.mean() < _MIN_OVERLAP:
        return NONE
    still = first.astype(np.float32)
    details = [_detail(grey)[is_covered] for grey in (still, moved)]
    return Agreement(
        _correlation(still[is_covered], moved[is_covered]), _correlation(*details)
    )


def _detail(grey: np.ndarray) -> np.ndarray:
    """Return a picture minus its blur, with the same contrast everywhere."""
    detail = grey - cv2.GaussianBlur(grey, (0, 0), _BLUR)
    power = cv2.GaussianBlur(detail * detail, (0, 0), _SURROUNDINGS)
    return detail / np.sqrt(power + _NOISE**2)


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / norm if norm else 0.0
