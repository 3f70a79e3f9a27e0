"""Pages as Chromium draws them; Debian's package `chromium` is enough."""

import io
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium: apt-get install chromium"
)
# As Chromium counts them.
SCHEMES = {"dark": 0, "light": 1}


def screenshot(page, folder, width, scheme):
    """What Chromium draws of a page, (H, W, 3) uint8; its files go to a folder."""
    picture = folder / f"{width}-{scheme}.png"
    subprocess.run(
        [
            CHROMIUM,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder / 'browser'}",
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


def require_drawn(shown, width, scheme):
    """Check that a page fits its window and can be read on its ground."""
    shown = shown.astype(int)
    assert shown.shape[1] == width
    ground = shown[2, 2]
    assert (ground.mean() < 60) == (scheme == "dark")
    # Nothing reaches either edge: nothing is wider than the window.
    for edge in (shown[:, :8], shown[:, -8:]):
        assert (edge == ground).all()
    # Text, and on its ground it can be read.
    contrast = np.abs(shown - ground).max(axis=2)
    assert (contrast > 150).mean() > 0.002
