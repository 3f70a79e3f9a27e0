"""What a user did wrong is listed in full, up to ten lines and a count."""

import pytest

from headswap.errors import MAX_LISTED, InputError, listed, raise_faults


def test_few_offenders_are_all_listed():
    assert listed(["a", 2, "c"]) == "a, 2, c"


def test_exactly_ten_offenders_are_listed_without_a_count():
    assert listed(range(MAX_LISTED)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"


def test_further_offenders_are_counted():
    assert listed(range(MAX_LISTED + 3)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more"


def test_no_fault_raises_nothing():
    raise_faults([])


def test_every_fault_has_a_line_of_its_own():
    with pytest.raises(InputError) as caught:
        raise_faults(["first", "second"])
    assert str(caught.value) == "first\nsecond"


def test_faults_beyond_ten_are_counted():
    with pytest.raises(InputError) as caught:
        raise_faults([f"fault {number}" for number in range(MAX_LISTED + 2)])
    lines = str(caught.value).splitlines()
    assert len(lines) == MAX_LISTED + 1
    assert "2 more" in lines[-1]


def test_an_input_error_is_a_value_error():
    assert issubclass(InputError, ValueError)
