"""One picture of a landmark: the monument in its surroundings, seen by a camera.

The landmark's name and the picture's number come in and are the seed of everything
random, so the same two always give the same pixels.
"""

import zlib

import cv2
import numpy as np
from PIL import Image

from draw.landmarks import LANDMARKS
from draw.noise import noise
from draw.obstacles import occlude
from draw.sheet import Sheet
from draw.surroundings import SKIES, draw_surroundings


def place(
    sheet: np.ndarray,
    generator: np.random.Generator,
    shape: tuple[int, int],
    base: float,
) -> np.ndarray:
    """Warp the monument into a picture, as seen from a view of its own.

    Args:
        sheet: (H, W, 4) float32, RGB and opacity from 0 to 255; changed in place.
        generator: chooses the view and stains on the walls.
        shape: height and width of the picture in pixels.
        base: the row that the monument stands on.

    Returns:
        (*shape, 4) float32; the colours are multiplied by the opacity, as smooth edges
        need it.
    """
    left, top, wide, tall = cv2.boundingRect((sheet[..., 3] > 0).astype(np.uint8))
    sheet = sheet[top : top + tall, left : left + wide]
    stains = noise(generator, sheet.shape, (6, 8), (60, 90))
    sheet[..., :3] *= (1 + 0.05 * stains) * sheet[..., 3:] / 255

    height, width = shape
    is_cropped = generator.random() < 0.1
    fill = generator.uniform(*((1.0, 1.15) if is_cropped else (0.68, 0.96)))
    scale = fill * min(width / wide, base / tall)
    half = wide * scale * generator.uniform(0.92, 1.08) / 2
    rise = tall * scale * generator.uniform(0.92, 1.05)
    room = max(width - 2 * half, 0.16 * width)
    x = width / 2 + generator.uniform(-0.45, 0.45) * room
    slant, shear, turn = generator.normal(0, (0.1, 0.06, 0.04)) * half
    reach = half * generator.uniform(0.8, 1.0)  # Seen from below, the top is narrower.
    corners = [(0.0, tall), (wide, tall), (wide, 0), (0, 0)]
    target = [
        (x - half, base + turn),
        (x + half, base - turn),
        (x + reach + shear, base - rise - turn - slant),
        (x - reach + shear, base - rise + turn + slant),
    ]
    matrix = cv2.getPerspectiveTransform(
        np.array(corners, np.float32), np.array(target, np.float32)
    )
    return cv2.warpPerspective(sheet, matrix, (width, height))


def draw_picture(name: str, number: int) -> Image.Image:
    """Draw one picture.

    Args:
        name: the landmark's, a key of `LANDMARKS`.
        number: the picture's; with the name it is the seed of everything random.

    Returns:
        A picture of mode RGBA, of which the sky is transparent.
    """
    generator = np.random.default_rng([zlib.crc32(name.encode()), number])
    sheet = Sheet(generator)
    LANDMARKS[name](sheet)

    long = int(generator.integers(300, 401))
    shape = (long, int(generator.integers(240, long + 1)))
    shape = shape if generator.random() < 0.5 else shape[::-1]
    base = shape[0] * generator.uniform(0.8, 0.94)
    horizon = int(base - shape[0] * generator.uniform(0.03, 0.1))
    _, low, _, tint = sky = SKIES[generator.integers(len(SKIES))]

    canvas = draw_surroundings(generator, shape, horizon, sky)
    monument = place(sheet.pixels, generator, shape, base)
    haze = generator.uniform(0, 0.25)
    weights = np.diag([1 - haze, 1 - haze, 1 - haze, 1.0])
    weights[:3, 3] = np.array(low) / 255 * haze
    canvas *= 1 - cv2.merge([monument[..., 3]] * 4) / 255
    canvas += cv2.transform(monument, weights)
    occlude(canvas, generator, horizon)

    # The camera: blur, the light's tint and strength, contrast, noise.
    rgb = cv2.GaussianBlur(canvas[..., :3], (0, 0), generator.uniform(0.3, 1.2))
    contrast = generator.uniform(0.75, 1.1)
    gain = np.array(tint) * generator.uniform(0.75, 1.2) * contrast
    rgb = cv2.transform(rgb, np.c_[np.diag(gain), np.full(3, 120 * (1 - contrast))])
    grain = generator.standard_normal(rgb.shape, np.float32)
    rgb = rgb + grain * generator.uniform(2, 10)
    pixels = cv2.merge([*cv2.split(rgb), canvas[..., 3]])
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
