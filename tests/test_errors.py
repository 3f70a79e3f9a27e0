"""What a user did wrong is listed in full, up to ten lines and a count."""

import subprocess
import sys

import pytest

from headswap.errors import MAX_LISTED, InputError, listed, one_line, raise_faults


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


@pytest.mark.parametrize(
    "text", ["oak", "Größe", "日本", "한국어", "مرحبا", "😀", "a\\b"]
)
def test_letters_of_every_script_stand_in_a_line_as_they_are(text):
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("a\x1b[2J", r"a\x1b[2J"),
        ("a\u2028b", r"a\u2028b"),
        ("\u202eexe.jpg", r"\u202eexe.jpg"),
        ("\udcff.png", r"\udcff.png"),
    ],
)
@pytest.mark.survives("doors")
def test_what_would_break_a_line_or_turn_it_round_is_escaped(text, shown):
    assert one_line(text) == shown
    assert listed([text]) == shown


def test_a_log_that_knows_few_letters_gets_the_others_escaped():
    program = (
        "from headswap.errors import show_any_text; show_any_text(); "
        "print('\\u65e5 \\udcff')"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": "src", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=True,
    )
    assert printed.stdout.strip() == rb"\u65e5 \udcff"
