"""prepare and augment: large photographs, and many small pictures.

Both are held against one thread that does the same work plainly: Pillow decodes all
pixels and OpenCV resizes them; versions are made one by one.
"""

import time
from collections.abc import Callable, Iterable
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from PIL import Image

from bench.report import Figure
from bench.workspace import Workspace

# isort: split
import stages  # noqa: F401  (it puts src on the path)
from headswap import params
from headswap.artifacts.storage.arrays import num_rows
from headswap.augment.versions import make_versions
from headswap.machine.parallel import map_in_order, map_many
from headswap.pictures.decode import decode

NUM_PHOTOGRAPHS, NUM_DRAWN = 40, 8
PHOTOGRAPH, TARGET = (4000, 3000), 320
NUM_SMALL, SMALL, SMALL_TARGET = 20_000, 80, 64
COPIES = 1


def measure() -> list[Figure]:
    """Return how many times faster all cores are than one plain thread."""
    return [*_photographs(), *_small_pictures()]


def _photographs() -> list[Figure]:
    drawn = list(map_in_order(_draw_photograph, range(NUM_DRAWN)))
    contents = [drawn[number % NUM_DRAWN] for number in range(NUM_PHOTOGRAPHS)]
    plain_seconds, plain = _timed(lambda: [_plain(c, TARGET) for c in contents])
    decode_all = partial(_decode, size=TARGET)
    seconds, pictures = _timed(
        lambda: list(map_many(decode_all, contents, what="decode", unit="image"))
    )
    differences = [
        np.abs(first.astype(int) - second).mean()
        for first, second in zip(plain, pictures, strict=True)
    ]
    megapixels = PHOTOGRAPH[0] * PHOTOGRAPH[1] // 1_000_000
    return [
        _ratio(
            f"{NUM_PHOTOGRAPHS} JPEGs of {megapixels} MP", plain_seconds, seconds, 5
        ),
        Figure(
            f"their difference at {TARGET} px",
            f"{max(differences):.2f} grey levels",
            "all pixels decoded",
            "",
            "under 0.5",
        ),
    ]


def _small_pictures() -> list[Figure]:
    with TemporaryDirectory() as folder:
        root = Path(folder) / "pictures"
        write = partial(_write_small, root)
        files = list(map_in_order(write, range(NUM_SMALL)))
        workspace = Workspace(
            Path(folder) / "work",
            {
                "data": {"root": str(root), "levels": ["kind"]},
                "prepare": {"image_size": SMALL_TARGET, "resize": "squash"},
                "augment": {"copies": COPIES},
            },
        )
        plain_seconds, images = _timed(
            lambda: [_plain(file.read_bytes(), SMALL_TARGET) for file in files]
        )
        seconds = workspace.run("prepare").seconds
        prepared = _ratio(
            f"prepare, {NUM_SMALL:,} of {SMALL} px", plain_seconds, seconds
        )
        workspace.run("split")
        seconds = workspace.run("augment").seconds
        options = params.read("augment", workspace.folder / "params.yaml")
        num_training = num_rows(workspace.folder / "data/augmented/images")
        plain_seconds, _ = _timed(
            lambda: [
                make_versions(image, str(number), COPIES, options)
                for number, image in enumerate(images[: num_training // COPIES])
            ]
        )
        return [prepared, _ratio(f"augment, {num_training:,}", plain_seconds, seconds)]


def _ratio(name: str, plain: float, seconds: float, goal: float = 0) -> Figure:
    figure = Figure(
        name,
        f"{seconds:.2f} s",
        f"{plain:.2f} s in one plain thread",
        f"{plain / seconds:.1f} times",
        f"at least {goal:g} times" if goal else "",
    )
    print(f"{name}: {seconds:.2f} s, plainly {plain:.2f} s", flush=True)
    return figure


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _plain(content: bytes, size: int) -> np.ndarray:
    with Image.open(BytesIO(content)) as image:
        pixels = np.asarray(image.convert("RGB"))
    return cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA)


def _decode(contents: Iterable[bytes], size: int) -> list[np.ndarray]:
    return [decode(content, size, "squash").pixels for content in contents]


def _draw_photograph(number: int) -> bytes:
    """Return a JPEG of shapes of all sizes and some noise, as a camera's."""
    random = np.random.default_rng(number)
    width, height = PHOTOGRAPH
    pixels = np.full((height, width, 3), 127, np.float32)
    for cells, strength in ((8, 90), (40, 50), (200, 25), (1000, 12)):
        waves = random.standard_normal((3 * cells // 4, cells, 3), np.float32)
        pixels += strength * cv2.resize(
            waves, PHOTOGRAPH, interpolation=cv2.INTER_CUBIC
        )
    pixels += 4 * random.standard_normal((height, width, 1), np.float32)
    return _as_jpeg(np.clip(pixels, 0, 255).astype(np.uint8))


def _write_small(root: Path, number: int) -> Path:
    cells = np.random.default_rng(number).integers(0, 256, (10, 10, 3), np.uint8)
    pixels = cv2.resize(cells, (SMALL, SMALL), interpolation=cv2.INTER_CUBIC)
    path = root / f"kind{number % 10}" / f"{number:05}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_as_jpeg(pixels))
    return path


def _as_jpeg(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
