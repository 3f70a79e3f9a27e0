"""What becomes of a picture when it is copied: (H, W, 3) uint8 in, the same out."""

from collections.abc import Callable

import cv2
import numpy as np


def _turned(pixels: np.ndarray, degrees: float, border: int) -> np.ndarray:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(
        pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=border
    )


def _turned_inside(pixels: np.ndarray, degrees: float) -> np.ndarray:
    """Return the largest part of the same centre that has no empty corners."""
    height, width = pixels.shape[:2]
    angle = np.radians(degrees)
    longest = max(height / width, width / height)
    kept = 1 / (np.cos(angle) + np.sin(angle) * longest)
    turned = _turned(pixels, degrees, cv2.BORDER_CONSTANT)
    return _cropped(turned, (1 - kept) / 2)


def _cropped(pixels: np.ndarray, share: float) -> np.ndarray:
    height, width = pixels.shape[:2]
    rows, columns = round(height * share), round(width * share)
    return pixels[rows : height - rows, columns : width - columns]


def _bordered(pixels: np.ndarray, grey_level: int) -> np.ndarray:
    width = round(max(pixels.shape[:2]) * 0.05)
    around = ((width, width), (width, width), (0, 0))
    return np.pad(pixels, around, constant_values=grey_level)


def _watermarked(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    written = pixels.copy()
    cv2.putText(
        written,
        "(c) some agency",
        (width // 10, height * 6 // 10),
        cv2.FONT_HERSHEY_SIMPLEX,
        width / 350,
        (255, 255, 255),
        max(1, width // 150),
    )
    return cv2.addWeighted(pixels, 0.5, written, 0.5, 0)


def _halved(pixels: np.ndarray) -> np.ndarray:
    return cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def _grey(pixels: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)


def _from_one_side(pixels: np.ndarray) -> np.ndarray:
    return pixels[:, pixels.shape[1] // 10 :]


# Copies that a search for near-duplicates is to find.
FOUND: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "re-save": lambda pixels: pixels,
    "half size": _halved,
    "mirror": lambda pixels: pixels[:, ::-1],
    "quarter turn": np.rot90,
    "brightness": lambda pixels: cv2.convertScaleAbs(pixels, alpha=1, beta=40),
    "contrast": lambda pixels: cv2.convertScaleAbs(pixels, alpha=0.6, beta=50),
    "grey": _grey,
    "white border": lambda pixels: _bordered(pixels, 255),
    "black border": lambda pixels: _bordered(pixels, 0),
    "watermark": _watermarked,
    "crop of 3 % an edge": lambda pixels: _cropped(pixels, 0.03),
    "crop of 5 % an edge": lambda pixels: _cropped(pixels, 0.05),
    "turn of 5 degrees": lambda pixels: _turned(pixels, 5, cv2.BORDER_CONSTANT),
    "turn of -5 degrees": lambda pixels: _turned(pixels, -5, cv2.BORDER_REFLECT),
    "turn to the inside": lambda pixels: _turned_inside(pixels, 5),
}
# Copies that nothing is promised of.
NOT_PROMISED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "crop from one side": _from_one_side,
    "turn of 10 degrees": lambda pixels: _turned_inside(pixels, 10),
}


def as_jpeg(pixels: np.ndarray, quality: int = 85) -> bytes:
    """Return (H, W, 3) uint8 RGB as the bytes of a JPEG file."""
    swapped = np.ascontiguousarray(pixels[..., ::-1])
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    return cv2.imencode(".jpg", swapped, options)[1].tobytes()
