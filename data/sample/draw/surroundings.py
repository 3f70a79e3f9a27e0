"""What is behind and below a monument: sky, a far skyline and ground."""

from typing import Any

import numpy as np

from draw.noise import noise

# fmt: off
GROUNDS = ((104, 128, 66), (186, 164, 120), (150, 146, 140), (92, 92, 96),
           (120, 104, 78))
CLOUD = (250, 246, 244)
SKIES = (
    # Zenith, horizon, strength of the clouds, tint of the light.
    ((70, 122, 196), (190, 214, 236), 0.0, (1.05, 1.02, 0.96)),  # clear
    ((92, 140, 200), (206, 218, 230), 0.9, (1.0, 1.0, 1.0)),  # clouds
    ((74, 72, 124), (248, 172, 104), 0.5, (1.08, 0.88, 0.74)),  # sunset
    ((150, 154, 160), (206, 208, 210), 0.4, (0.86, 0.88, 0.92)),  # grey
)
# fmt: on


def draw_surroundings(
    generator: np.random.Generator, shape: tuple[int, int], horizon: int, sky: Any
) -> np.ndarray:
    """Draw sky, far skyline and ground; the sky is transparent.

    Args:
        generator: chooses clouds, skyline and ground.
        shape: height and width in pixels.
        horizon: the row where the ground begins.
        sky: one of `SKIES`.

    Returns:
        (height, width, 4) float32, RGB and opacity from 0 to 255.
    """
    height, width = shape
    zenith, low = np.array(sky[:2], np.float32)
    cloudiness = sky[2]
    fade = np.linspace(0, 1, horizon, dtype=np.float32)[:, None, None]
    air = zenith * (1 - fade) + low * fade
    clouds = noise(generator, (horizon, width), (8, 5), (19, 12))
    cover = np.clip(clouds * 0.6, 0, 1) * (cloudiness * generator.uniform(0.4, 1))
    ground = generator.choice(np.array(GROUNDS, np.float32))
    rough = 1 + 0.07 * noise(generator, (height - horizon, width), (9, 5), (30, 40))

    scene = np.full((*shape, 4), 255, np.float32)
    scene[:horizon, :, 3] = 0
    scene[:horizon, :, :3] = air + (np.array(CLOUD, np.float32) - air) * cover
    if generator.random() < 0.6:  # A skyline: a range of hills, or a row of houses.
        peaks = generator.uniform(0, 0.2 * horizon, generator.integers(4, 26))
        along = np.linspace(0, len(peaks) - 1, width)
        if generator.random() < 0.5:
            along = np.round(along)
        ridge = np.interp(along, np.arange(len(peaks)), peaks)
        colour = low * 0.55 + ground * 0.3
        scene[np.arange(height)[:, None] > horizon - ridge] = np.append(colour, 255)
    scene[horizon:, :, :3] = ground * rough
    return scene
