"""Growth: what one more picture costs a stage, among 1,000, 10,000 and 100,000.

Small drawn pictures of ten classes through all stages. Time a picture is that between
two numbers of pictures, so that a stage's start counts for neither; it should not grow,
and neither should memory. Time is CPU seconds, over all cores: other work on the
machine hardly changes them. `results/growth.png` shows both.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from bench.report import Figure
from bench.workspace import ROOT, Usage, Workspace

# isort: split
import stages  # noqa: F401  (it puts src on the path)
from headswap.machine.parallel import map_in_order

NUM_IMAGES = (1_000, 10_000, 100_000)
STAGES = ("prepare", "split", "augment", "features", "inspect", "train", "evaluate")
NUM_CLASSES, SIDE, TARGET = 10, 80, 64
CHANGES: dict[str, dict[str, Any]] = {
    "prepare": {"image_size": TARGET},
    "augment": {"copies": 1},
    "backbone": {"name": "efficientnet_lite0", "weights": "imagenet"},
}
PICTURE = ROOT / "results" / "growth.png"


def measure() -> list[Figure]:
    """Return how the seconds a picture and the peak memory of each stage grow."""
    usages = [_measure_stages(number) for number in NUM_IMAGES]
    _draw(usages)
    figures = []
    for stage in STAGES:
        few, some, many = (usage[stage] for usage in usages)
        early, late = (
            1000 * (after.cpu_seconds - before.cpu_seconds) / (more - fewer)
            for (before, fewer), (after, more) in (
                ((few, NUM_IMAGES[0]), (some, NUM_IMAGES[1])),
                ((some, NUM_IMAGES[1]), (many, NUM_IMAGES[2])),
            )
        )
        figures += [
            Figure(
                f"{stage}, a picture of {NUM_IMAGES[2]:,}",
                f"{late:.2f} ms",
                f"{early:.2f} ms of {NUM_IMAGES[1]:,}",
                f"{100 * (late / early - 1):+.0f} %",
                "within 15 %",
            ),
            Figure(
                f"{stage}, peak memory",
                f"{many.megabytes:.0f} MB with {NUM_IMAGES[2]:,}",
                f"{some.megabytes:.0f} MB with {NUM_IMAGES[1]:,}",
                f"{many.megabytes - some.megabytes:+.0f} MB",
                "flat",
            ),
        ]
    return figures


def _measure_stages(num_images: int) -> dict[str, Usage]:
    with TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures"
        _write_pictures(pictures, num_images)
        workspace = Workspace(
            Path(folder) / "work",
            {**CHANGES, "data": {"root": str(pictures), "levels": ["kind"]}},
        )
        usages = {}
        for stage in STAGES:
            usages[stage] = usage = workspace.run(stage)
            print(
                f"{stage} with {num_images:,} images: {usage.seconds:.1f} s "
                f"({usage.cpu_seconds:.1f} CPU seconds), {usage.megabytes:.0f} MB",
                flush=True,
            )
        return usages


def _write_pictures(folder: Path, num_images: int) -> None:
    """Write small JPEG files; a class is a pattern under each picture's own noise."""
    patterns = np.random.default_rng(0).integers(60, 196, (NUM_CLASSES, 8, 8, 3))

    def write(number: int) -> None:
        random = np.random.default_rng(number)
        kind = number % NUM_CLASSES
        noise = random.normal(0, 60, (8, 8, 3))
        pattern = np.clip(patterns[kind] + noise, 0, 255).astype(np.uint8)
        image = cv2.resize(pattern, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        place = folder / f"kind{kind}"
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / f"{number:06}.jpg"), image)

    for _ in map_in_order(write, range(num_images)):
        pass


def _draw(usages: list[dict[str, Usage]]) -> None:
    """Draw seconds and memory of every stage over the number of pictures."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(9, 3.6), layout="constrained")
    left, right = canvas.subplots(1, 2)
    for stage in STAGES:
        seconds = [usage[stage].cpu_seconds for usage in usages]
        gigabytes = [usage[stage].megabytes / 1000 for usage in usages]
        left.loglog(NUM_IMAGES, seconds, marker="o", label=stage)
        right.semilogx(NUM_IMAGES, gigabytes, marker="o", label=stage)
    left.set(xlabel="pictures", ylabel="CPU seconds, start included")
    right.set(xlabel="pictures", ylabel="peak memory, GB", ylim=(0, None))
    canvas.legend(*left.get_legend_handles_labels(), loc="outside right center")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    canvas.savefig(PICTURE, dpi=120)
