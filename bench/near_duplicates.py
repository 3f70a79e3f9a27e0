"""Near-duplicates: which copies are found, what else is, and how time grows.

Among photographs of three data sets, 200 copies of each kind are planted: recall by
kind, found and confirmed, and pairs that nobody planted. Then looks at random, for the
seconds of a search among 20,000 and 40,000, from which those of 100,000 follow.
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageOps

from bench.copies import FOUND, NOT_PROMISED, as_jpeg
from bench.report import Figure
from bench.workspace import MONUMENTS

# isort: split
import stages  # noqa: F401  (it puts src on the path)
from headswap import params
from headswap.artifacts.dataset.near_duplicates import NearDuplicate
from headswap.artifacts.storage.arrays import RowWriter
from headswap.machine.parallel import map_in_order
from headswap.pictures.decode import Picture, decode
from headswap.prepare.near_duplicates.looks import Looks
from headswap.prepare.near_duplicates.pairs import find_near_duplicates
from headswap.prepare.near_duplicates.search import find_candidates

SETS = ("monuments", "scenes", "voc")
SUFFIXES = (".avif", ".jpg", ".jpeg", ".png", ".webp")
NUM_COPIES, MANY = 200, (20_000, 40_000)
WANTED, QUARTER_OF_AN_HOUR = 100_000, 900
# Looks of a picture beside the plain one.
NUM_CHANGES = 6


def measure() -> list[Figure]:
    """Return recall by kind of copy, pairs nobody planted, and seconds."""
    return [*_recall(), *_seconds()]


def _recall() -> list[Figure]:
    options = params.read("prepare", "params.yaml")

    def read(content: bytes) -> Picture:
        return decode(content, options.image_size, options.resize)

    files = [
        path
        for name in SETS
        for path in sorted((MONUMENTS.parent / name).rglob("*"))
        if path.suffix.lower() in SUFFIXES
    ]
    originals = list(map_in_order(lambda path: read(path.read_bytes()), files))
    origins, pictures = list(range(len(files))), list(originals)
    kinds: dict[str, list[int]] = {}
    random = np.random.default_rng(0)
    for kind, copy in (FOUND | NOT_PROMISED).items():
        chosen = random.choice(len(files), NUM_COPIES, replace=False).tolist()
        kinds[kind] = list(range(len(pictures), len(pictures) + NUM_COPIES))
        origins += chosen
        copied = [files[number] for number in chosen]
        contents = map_in_order(_copier(copy), copied)
        pictures += [read(content) for content in contents]
    with TemporaryDirectory() as folder:
        images = Path(folder) / "images"
        with RowWriter(images, pictures[0].pixels.shape, "uint8") as writer:
            writer.append(np.stack([picture.pixels for picture in pictures]))
        numbers = [str(number) for number in range(len(pictures))]
        names = [picture.pixel_hash for picture in pictures]
        pairs = find_near_duplicates(
            images, options, numbers, names, pictures, libraries={}
        )
    # Copies whose pixels are equal stand in pairs by the first of them.
    first_of = {name: names.index(name) for name in set(names)}
    standing = {
        kind: [first_of[names[copy]] for copy in copies]
        for kind, copies in kinds.items()
    }
    return [*_by_kind(pairs, origins, standing), *_unplanted(pairs, origins)]


def _copier(
    copy: Callable[[np.ndarray], np.ndarray],
) -> Callable[[Path], bytes]:
    def make(path: Path) -> bytes:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        return as_jpeg(copy(np.asarray(upright)))

    return make


def _by_kind(
    pairs: list[NearDuplicate], origins: list[int], kinds: dict[str, list[int]]
) -> list[Figure]:
    found, confirmed = (
        {
            int(pair.other_id)
            for pair in some
            if int(pair.image_id) == origins[int(pair.other_id)]
        }
        for some in (pairs, [pair for pair in pairs if pair.is_confirmed])
    )
    return [
        Figure(
            f"copies, {kind}",
            f"{len(confirmed.intersection(copies)) / len(copies):.1%} confirmed",
            f"{len(found.intersection(copies)) / len(copies):.1%} candidates",
            "",
            "at least 97.5 % candidates" if kind in FOUND else "nothing promised",
        )
        for kind, copies in kinds.items()
    ]


def _unplanted(pairs: list[NearDuplicate], origins: list[int]) -> list[Figure]:
    num_pairs = len(origins) * (len(origins) - 1) / 2
    others = [
        pair
        for pair in pairs
        if origins[int(pair.image_id)] != origins[int(pair.other_id)]
    ]
    confirmed = [pair for pair in others if pair.is_confirmed]
    return [
        Figure(
            f"pairs nobody planted, of {num_pairs / 1e6:.1f} million",
            f"{len(confirmed) / num_pairs * 1e5:.3f} per 100,000 confirmed",
            f"{len(others) / num_pairs * 1e5:.3f} per 100,000 candidates",
            "",
            "at most 0.8 candidates",
        )
    ]


def _seconds() -> list[Figure]:
    figures = []
    random = np.random.default_rng(0)
    for number in MANY:
        plain, transposed = random.integers(0, 256, (2, number, 32), np.uint8)
        changed = random.integers(0, 256, (NUM_CHANGES, number, 32), np.uint8)
        looks = Looks(plain, np.arange(number), transposed, changed)
        start, used = time.perf_counter(), time.process_time()
        find_candidates(looks)
        seconds = time.perf_counter() - start
        used = time.process_time() - used
        growth = (WANTED / number) ** 2
        figures.append(
            Figure(
                f"search among {number:,}",
                f"{seconds:.1f} s",
                f"{used:.1f} s of processor time",
                f"{growth * seconds:.0f} s for {WANTED:,}",
                f"under {QUARTER_OF_AN_HOUR} s",
            )
        )
        print(figures[-1], flush=True)
    return figures
