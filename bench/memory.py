"""Peak memory of the stages that see every image, with 400 images and with 4,000."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from bench.report import Figure
from bench.workspace import Workspace

# isort: split
import stages  # noqa: F401  (it puts src on the path)
from headswap.machine.parallel import map_in_order

NUM_IMAGES = (400, 4000)
STAGES = ("prepare", "augment", "features")
NUM_CATEGORIES, NUM_LANDMARKS = 6, 30
CHANGES: dict[str, dict[str, Any]] = {
    "augment": {"copies": 1},
    # A small input saves time; it changes the height of the peak, not its growth.
    "backbone": {"name": "efficientnet_lite0", "weights": "none", "image_size": 96},
}


def measure() -> list[Figure]:
    """Return how much the peak of each stage grows."""
    few, many = [_peaks(num_images) for num_images in NUM_IMAGES]
    return [
        Figure(
            f"peak memory of {stage}",
            f"{many[stage]:.0f} MB with {NUM_IMAGES[1]:,} images",
            f"{few[stage]:.0f} MB with {NUM_IMAGES[0]:,}",
            f"{many[stage] - few[stage]:+.0f} MB",
            "within 300 MB",
        )
        for stage in STAGES
    ]


def _peaks(num_images: int) -> dict[str, float]:
    """Return the peak memory by stage, in MB."""
    with TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures"
        write_pictures(pictures, range(num_images))
        workspace = Workspace(
            Path(folder) / "work", {**CHANGES, "data": {"root": str(pictures)}}
        )
        peaks = {}
        for stage in ("prepare", "split", "augment", "features"):
            usage = workspace.run(stage)
            peaks[stage] = usage.megabytes
            print(
                f"{stage} with {num_images:,} images: {usage.megabytes:.0f} MB, "
                f"{usage.seconds:.1f} s",
                flush=True,
            )
    return peaks


def write_pictures(folder: Path, numbers: Iterable[int]) -> None:
    """Write JPEG files of 640 x 480 pixels, each with a pattern of its own."""

    def write(number: int) -> None:
        random = np.random.default_rng(number)
        pattern = random.integers(0, 256, (12, 16, 3), np.uint8)
        landmark = number % NUM_LANDMARKS
        place = folder / f"category{landmark % NUM_CATEGORIES}" / f"landmark{landmark}"
        place.mkdir(parents=True, exist_ok=True)
        image = cv2.resize(pattern, (640, 480), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(place / f"{number:05}.jpg"), image)

    for _ in map_in_order(write, numbers):
        pass
