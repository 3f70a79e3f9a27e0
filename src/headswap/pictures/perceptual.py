"""What a picture looks like in 256 bits, for pictures whose pixels are only alike."""

import cv2
import numpy as np

# Grey levels that a picture has to span; noise alone would decide the bits below it.
MIN_RANGE = 8
SIDE, NUM_FREQUENCIES = 64, 16
# The lowest frequencies of a cosine transform of one axis, (16, 64) float32.
_WAVES = np.cos(
    np.outer(np.arange(NUM_FREQUENCIES), np.arange(SIDE) + 0.5) * (np.pi / SIDE)
).astype(np.float32)
_WAVES[0] /= np.sqrt(2)


def perceptual_hash(pixels: np.ndarray) -> str:
    """Return the perceptual hash of a picture: 64 hexadecimal digits, or "".

    The grey picture is squashed to 64 x 64. Of its cosine transform the 16 x 16 lowest
    frequencies are taken, the constant one too, row by row; a bit is 1 where one lies
    above their median. So 128 bits are 1, and the number of bits in which two hashes
    differ is even. A picture of almost one colour has no hash.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Source: Zauner (2010), "Implementation and benchmarking of perceptual image hash
    functions", 3.2.1, with 16 frequencies a side instead of 8.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    darkest, brightest, *_ = cv2.minMaxLoc(grey)
    if brightest - darkest < MIN_RANGE:
        return ""
    spectrum = low_frequencies(grey).ravel()
    middle = np.partition(spectrum, spectrum.size // 2 - 1)[spectrum.size // 2 - 1]
    return np.packbits(spectrum > middle).tobytes().hex()


def low_frequencies(grey: np.ndarray) -> np.ndarray:
    """Return the lowest frequencies of cosine transforms, (..., 16, 16) float32.

    Args:
        grey: (..., 64, 64).
    """
    return _WAVES @ grey.astype(np.float32) @ _WAVES.T
