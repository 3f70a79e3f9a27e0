"""The page as a browser shows it, at two widths, light and dark."""

import numpy as np
import pytest

from tests.browser import SCHEMES, needs_chromium, require_drawn, screenshot
from tests.inspect.conftest import separable

pytestmark = needs_chromium

WIDTHS = (420, 1280)
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


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_is_drawn_within_its_width(page, tmp_path, width, scheme):
    shown = screenshot(page, tmp_path, width, scheme)
    require_drawn(shown, width, scheme)
    # Both files of the plain red picture are shown.
    is_red = (np.abs(shown.astype(int) - RED) < 40).all(axis=2)
    assert is_red.sum() > 2 * 90 * 90
