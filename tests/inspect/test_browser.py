"""The page as a browser shows it, at two widths, light and dark.

Skipped where there is no Chromium; Debian's package `chromium` is enough.
"""

import io
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from tests.inspect.conftest import separable

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium: apt-get install chromium"
)

WIDTHS = (420, 1280)
# As Chromium counts them.
SCHEMES = {"dark": 0, "light": 1}
RED = (250, 20, 20)


@pytest.fixture
def page(inspect, tmp_path, write_picture, encode):
    """The page of a data set whose long names have no place to break."""
    raw = tmp_path / "raw"
    for number in range(24):
        name = f"class{number // 12}" + "long" * 30
        write_picture(raw / name / f"{number:02}{'x' * 100}.png", number)
    plain = np.full((40, 40, 3), RED, np.uint8)
    for name in ("one", "two"):
        path = raw / ("class0" + "long" * 30) / f"{name}.png"
        path.write_bytes(encode(plain))
    inspect(raw, lambda index: {"net": separable(index)}, levels=("label",))
    return tmp_path / "report" / "data.html"


@pytest.fixture
def show(page, tmp_path):
    """show(width, scheme): what Chromium draws, (H, W, 3) uint8."""

    def call(width, scheme):
        picture = tmp_path / f"{width}-{scheme}.png"
        subprocess.run(
            [
                CHROMIUM,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={tmp_path / 'browser'}",
                f"--window-size={width},6000",
                f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
                f"--screenshot={picture}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        with Image.open(io.BytesIO(picture.read_bytes())) as image:
            return np.asarray(image.convert("RGB"))

    return call


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_is_drawn_within_its_width(show, width, scheme):
    shown = show(width, scheme).astype(int)
    assert shown.shape[1] == width
    ground = shown[2, 2]
    assert (ground.mean() < 60) == (scheme == "dark")
    # Nothing reaches either edge: nothing is wider than the window.
    for edge in (shown[:, :8], shown[:, -8:]):
        assert (edge == ground).all()
    # Both files of the plain red picture are shown.
    is_red = (np.abs(shown - RED) < 40).all(axis=2)
    assert is_red.sum() > 2 * 90 * 90
    # Text, and on its ground it can be read.
    contrast = np.abs(shown - ground).max(axis=2)
    assert (contrast > 150).mean() > 0.002
