"""The README's table of what is tried is that of the tests there are."""

import pytest

from tests import survived


def test_the_readme_says_what_the_tests_try(request):
    expected = request.config.stash[survived.TABLE]
    if expected is None:
        pytest.skip("not all tests were collected")
    (found,) = survived.PLACE.findall(survived.README.read_text(encoding="utf-8"))
    assert found == expected, "run pytest --collect-only --survived"


def test_numbers_are_rounded_down_to_what_will_stay_true():
    shown = [survived._at_least(number) for number in (0, 7, 99, 128, 11_999)]
    assert shown == ["", "7", "99", "120", "11,000"]
