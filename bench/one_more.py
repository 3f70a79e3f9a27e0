"""One more picture: prepare, augment and features of 4,001 after those of 4,000.

Each stage runs in a process that is started and has imported what it needs before the
clock begins, so that what is compared is the work on the pictures.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from bench.report import Figure
from bench.workspace import Process, Workspace

# isort: split
import stages  # noqa: F401  (it puts src on the path)
from headswap.machine.parallel import map_in_order

NUM_IMAGES = 4000
NUM_CATEGORIES, NUM_LANDMARKS = 6, 30
STAGES = ("prepare", "augment", "features")
CHANGES = {"backbone": {"name": "efficientnet_lite0", "weights": "imagenet"}}


def measure() -> list[Figure]:
    """Return how much sooner one more picture is done than all were."""
    with TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures"
        _write_pictures(pictures, range(NUM_IMAGES))
        workspace = Workspace(
            Path(folder) / "work", {**CHANGES, "data": {"root": str(pictures)}}
        )
        first = _seconds(workspace)
        _write_pictures(pictures, range(NUM_IMAGES, NUM_IMAGES + 1))
        more = _seconds(workspace)
    for stage in STAGES:
        print(f"{stage}: {first[stage]:.2f} s, then {more[stage]:.2f} s", flush=True)
    before, after = sum(first.values()), sum(more.values())
    return [
        Figure(
            f"one picture more than {NUM_IMAGES:,}",
            f"{after:.2f} s",
            f"{before:.1f} s for all",
            f"{before / after:.0f} times",
            "at least 20 times",
        )
    ]


def _seconds(workspace: Workspace) -> dict[str, float]:
    """Return the seconds of each stage's work, without its start."""
    seconds = {}
    for stage in STAGES:
        if stage == "augment":
            workspace.run("split")
        result = workspace.folder / f"{stage}.json"
        Process(
            ["-m", "bench.timed_stage", stage, result.name], workspace.folder
        ).wait()
        seconds[stage] = json.loads(result.read_text())
    return seconds


def _write_pictures(folder: Path, numbers: Iterable[int]) -> None:
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
