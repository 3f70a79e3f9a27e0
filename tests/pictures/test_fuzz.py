"""Small files of every format, mutated: no crash, no hang, no half a picture.

Twenty thousand are `slow`, with a fixed seed; ten minutes are `endure`.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SCRIPT = Path(__file__).with_name("fuzzing.py")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, encode):
    """A folder of one small file a format and kind of pixels."""
    folder = tmp_path_factory.mktemp("fuzz") / "corpus"
    folder.mkdir()
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (24, 31, 3), np.uint8)
    alpha = random.integers(0, 256, (24, 31, 4), np.uint8)
    deep = random.integers(0, 65536, (24, 31), np.uint16)
    frames = [Image.fromarray(np.roll(pixels, n, axis=0)) for n in (3, 6)]
    film = {"save_all": True, "append_images": frames}
    palette = Image.fromarray(pixels).quantize(16)
    turned = Image.Exif()
    turned[0x0112] = 6
    made = {
        "plain.jpg": encode(pixels, "JPEG"),
        "progressive.jpg": encode(pixels, "JPEG", progressive=True),
        "turned.jpg": encode(pixels, "JPEG", exif=turned),
        "grey.jpg": encode(pixels[..., 0], "JPEG"),
        "cmyk.jpg": encode(Image.fromarray(pixels).convert("CMYK"), "JPEG"),
        "plain.png": encode(pixels),
        "alpha.png": encode(alpha),
        "palette.png": encode(palette, transparency=3),
        "deep.png": encode(Image.fromarray(deep)),
        "film.png": encode(pixels, "PNG", **film),
        "film.gif": encode(palette, "GIF", **film),
        "plain.webp": encode(pixels, "WEBP"),
        "lossless.webp": encode(alpha, "WEBP", lossless=True),
        "film.webp": encode(pixels, "WEBP", **film),
        "plain.tif": encode(pixels, "TIFF"),
        "packed.tif": encode(pixels, "TIFF", compression="tiff_lzw"),
        "jpeg.tif": encode(pixels, "TIFF", compression="jpeg"),
        "plain.bmp": encode(pixels, "BMP"),
        "plain.ppm": encode(pixels, "PPM"),
        "plain.jp2": encode(pixels, "JPEG2000"),
        "plain.avif": encode(pixels, "AVIF"),
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return folder


def fuzz(corpus, seed, seconds, count):
    """How many mutated files were used, and how many refused."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(corpus), str(seed), str(seconds), str(count)],
        env={"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        capture_output=True,
        text=True,
        timeout=seconds + 60,
    )
    assert done.returncode == 0, (
        f"decoding {corpus.with_suffix('.last')} ended with {done.returncode}: "
        f"{done.stderr[-2000:]}"
    )
    used, refused = map(int, done.stdout.split())
    return used, refused


@pytest.mark.survives("mutated pictures", times=100)
def test_a_thousand_mutated_files_are_used_or_refused(corpus):
    used, refused = fuzz(corpus, seed=0, seconds=60, count=1000)
    assert used + refused > 100
    # Most faults are found, and not every byte is needed.
    assert used > 20 and refused > 20


@pytest.mark.slow
@pytest.mark.survives("mutated pictures", times=20_000)
def test_twenty_thousand_mutated_files_are_used_or_refused(corpus):
    used, refused = fuzz(corpus, seed=1, seconds=300, count=20_000)
    assert used + refused == 20_000


@pytest.mark.endure
@pytest.mark.survives("mutated pictures", times=20_000)
def test_ten_minutes_of_mutated_files_are_used_or_refused(corpus):
    used, refused = fuzz(corpus, seed=2, seconds=600, count=10**9)
    print(f"{used} used, {refused} refused")
    assert used + refused >= 20_000
