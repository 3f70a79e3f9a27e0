"""The page as a browser shows it: on a phone in the dark, on a desk in the light."""

import pytest

from tests.browser import needs_chromium, require_drawn, screenshot
from tests.report.conftest import make_run


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(420, "dark"), (1280, "light")])
def test_the_page_is_drawn_within_its_width(build, tmp_path, width, scheme):
    names = [f"class{number}" + "long" * 30 for number in range(3)]
    page = tmp_path / "report.html"
    page.write_text(build(make_run(30, names), noise=64), encoding="utf-8")
    require_drawn(screenshot(page, tmp_path, width, scheme), width, scheme)
