"""One version of one image: which operations, how strong, and how they are applied.

A version depends on (seed, image_id, copy) alone: neither order nor other images change
it. All geometric operations are one affine warp, so pixels are interpolated once.
"""

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np

from headswap.params.augment import Section

OPERATIONS = (
    "rotate",
    "zoom",
    "crop",
    "flip_horizontal",
    "flip_vertical",
    "contrast",
    "brightness",
    "noise",
)


@dataclass(frozen=True)
class Strengths:
    """What is done to one version of one image; all zero or false does nothing.

    Attributes:
        angle: counter-clockwise, in degrees.
        scale: above 1 enlarges.
        window: side of the part of the picture that is kept, as a share.
        window_x: where that part lies, 0 (left) to 1 (right).
        window_y: where that part lies, 0 (top) to 1 (bottom).
        flip_horizontal: mirror left and right.
        flip_vertical: mirror top and bottom.
        contrast: factor around the middle of the pixel range.
        brightness: added, as a share of the pixel range.
        noise: standard deviation, as a share of the pixel range.
    """

    angle: float = 0
    scale: float = 1
    window: float = 1
    window_x: float = 0.5
    window_y: float = 0.5
    flip_horizontal: bool = False
    flip_vertical: bool = False
    contrast: float = 1
    brightness: float = 0
    noise: float = 0


def num_copies(options: Section) -> int:
    """Return how many versions of each training image there will be."""
    if options.copies == 0 or options.policy == "random":
        return options.copies
    return len(_switched_on(options))


def make_versions(
    image: np.ndarray, image_id: str, copies: int, options: Section
) -> np.ndarray:
    """Return the versions of one image, (copies, H, W, 3) uint8."""
    versions = []
    for copy in range(copies):
        digest = hashlib.sha256(f"{options.seed}/{image_id}/{copy}".encode()).digest()
        random = np.random.default_rng(int.from_bytes(digest[:16]))
        if options.policy == "each":
            strengths = full_strength(_switched_on(options)[copy], options)
        else:
            strengths = random_strengths(random, options)
        versions.append(apply(image, strengths, random))
    return np.stack(versions)


def _switched_on(options: Section) -> list[str]:
    return [name for name in OPERATIONS if getattr(options, name)]


def full_strength(operation: str, options: Section) -> Strengths:
    """Return one operation alone at the strength of the parameters."""
    strength = getattr(options, operation)
    return {
        "rotate": Strengths(angle=strength),
        "zoom": Strengths(scale=1 + strength),
        "crop": Strengths(window=1 - strength),
        "flip_horizontal": Strengths(flip_horizontal=True),
        "flip_vertical": Strengths(flip_vertical=True),
        "contrast": Strengths(contrast=1 + strength),
        "brightness": Strengths(brightness=strength),
        "noise": Strengths(noise=strength),
    }[operation]


def random_strengths(random: np.random.Generator, options: Section) -> Strengths:
    """Return all operations, each at a strength drawn evenly from its range."""
    # Every number is drawn whether it is used or not, so that switching one operation
    # on or off leaves the others as they were.
    signed = random.uniform(-1, 1, size=4)
    window, window_x, window_y, noise, left_right, up_down = random.uniform(size=6)
    return Strengths(
        angle=options.rotate * signed[0],
        scale=1 + options.zoom * signed[1],
        window=1 - options.crop * window,
        window_x=window_x,
        window_y=window_y,
        flip_horizontal=options.flip_horizontal and left_right < 0.5,
        flip_vertical=options.flip_vertical and up_down < 0.5,
        contrast=1 + options.contrast * signed[2],
        brightness=options.brightness * signed[3],
        noise=options.noise * noise,
    )


def apply(
    image: np.ndarray, strengths: Strengths, random: np.random.Generator
) -> np.ndarray:
    """Return one version of an image, (H, W, 3) uint8.

    Args:
        image: (H, W, 3) uint8.
        strengths: of the operations.
        random: source of the noise.
    """
    height, width = image.shape[:2]
    matrix = _warp(strengths, height, width)
    if not np.allclose(matrix, np.eye(3)):
        image = cv2.warpAffine(
            image,
            matrix[:2],
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            # A black wedge at the border would be a feature of its own.
            borderMode=cv2.BORDER_REFLECT_101,
        )
    if strengths.contrast == 1 and strengths.brightness == 0 and strengths.noise == 0:
        return image
    pixels = image.astype(np.float32)
    pixels = (pixels - 127.5) * strengths.contrast + 127.5 + 255 * strengths.brightness
    if strengths.noise:
        noise = random.standard_normal(image.shape, np.float32)
        pixels += 255 * strengths.noise * noise
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def _warp(strengths: Strengths, height: int, width: int) -> np.ndarray:
    """Return the (3, 3) matrix from pixels of the result to pixels of the image."""
    # Steps are written from the result back to the image, around the middle.
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    to_middle = np.array([[1, 0, -middle_x], [0, 1, -middle_y], [0, 0, 1]])
    flip = np.diag(
        [
            -1.0 if strengths.flip_horizontal else 1.0,
            -1.0 if strengths.flip_vertical else 1.0,
            1.0,
        ]
    )
    radians = np.deg2rad(strengths.angle)
    cosine, sine = np.cos(radians), np.sin(radians)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    shrink = np.diag([1 / strengths.scale, 1 / strengths.scale, 1])
    room_x = (1 - strengths.window) * (width - 1)
    room_y = (1 - strengths.window) * (height - 1)
    window = np.array(
        [
            [strengths.window, 0, (strengths.window_x - 0.5) * room_x],
            [0, strengths.window, (strengths.window_y - 0.5) * room_y],
            [0, 0, 1],
        ]
    )
    from_middle = np.array([[1, 0, middle_x], [0, 1, middle_y], [0, 0, 1]])
    return from_middle @ window @ turn @ shrink @ flip @ to_middle
