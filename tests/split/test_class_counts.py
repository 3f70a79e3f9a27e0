"""classes.png shows every name as it is, and stays a picture that can be looked at."""

import logging

import numpy as np
import pytest
from matplotlib.font_manager import FontEntry, fontManager
from PIL import Image

from headswap.split.class_counts import draw_class_counts
from headswap.split.lettering import MAX_WIDTH, drawn, find_families

USUAL = ["DejaVu Sans"]
USUAL_FONTS = [font for font in fontManager.ttflist if font.name in USUAL]


def count(task, names):
    parts = {"train": 5, "validation": 2, "test": 3}
    return [(task, name, part, n) for part, n in parts.items() for name in names]


@pytest.fixture
def draw(tmp_path):
    """draw(counts): the pixels of the picture of them."""

    def make(counts):
        draw_class_counts(tmp_path / "classes.png", counts)
        with Image.open(tmp_path / "classes.png") as image:
            return np.asarray(image.convert("RGB"))

    return make


@pytest.mark.parametrize(
    "name", ["note $5_$", "$", "$a$b$", r"\frac{", "a\nb", "_", "1", "", "x" * 255]
)
@pytest.mark.survives("doors")
def test_a_name_means_nothing_to_the_drawing_tool(draw, name, capsys):
    assert draw(count("kind", [name, "oak"])).shape[1] == 800
    assert capsys.readouterr().out == ""


@pytest.mark.survives("doors")
def test_mathematics_between_dollar_signs_is_drawn_as_it_stands(draw):
    # With mathematics these two would look the same.
    first, second = (draw(count("kind", [name])) for name in ("$5 5$", "$55$"))
    assert first.shape != second.shape or (first != second).any()


def test_names_that_are_drawn_alike_have_a_bar_each(draw):
    names = [f"{'x' * 100}{number}{'x' * 100}" for number in range(9)]
    assert len(draw(count("kind", names))) == len(draw(count("kind", "abcdefghi")))


@pytest.mark.parametrize("letter", ["x", "\N{CJK UNIFIED IDEOGRAPH-65E5}"])
def test_the_middle_of_a_long_name_is_left_out(letter):
    wide = 1 if letter == "x" else 2
    shown = drawn(f"start{letter * 100}end")
    assert shown.startswith("start") and shown.endswith("end")
    assert MAX_WIDTH - 4 <= len(shown) * wide <= MAX_WIDTH + 10
    assert drawn(letter * (MAX_WIDTH // wide)) == letter * (MAX_WIDTH // wide)


def test_letters_without_a_font_are_one_note(draw, capsys, caplog):
    unassigned = ["\U000e0fff", "\U000e0ffe"]
    with caplog.at_level(logging.WARNING):
        draw(count("kind", [*unassigned, unassigned[0] + "a"]))
    [note] = capsys.readouterr().out.splitlines()
    assert note.startswith("note: no font here has 2 of the letters in names (")
    assert "classes.png" in note
    assert not caplog.records


def test_a_font_that_has_the_letters_is_added(monkeypatch):
    # matplotlib brings both; this letter is in the second alone.
    letter = "\N{APL FUNCTIONAL SYMBOL SLASH BAR}"
    fonts = [font for font in fontManager.ttflist if font.name == "STIXGeneral"]
    monkeypatch.setattr(fontManager, "ttflist", [*USUAL_FONTS, *fonts])
    assert find_families(["oak"], USUAL) == (USUAL, [])
    assert find_families(["oak", letter], USUAL) == ([*USUAL, "STIXGeneral"], [])


def test_a_font_that_cannot_be_read_is_passed_over(monkeypatch, tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    broken = FontEntry(str(tmp_path / "broken.ttf"), "Broken", "normal")
    monkeypatch.setattr(fontManager, "ttflist", [*USUAL_FONTS, broken])
    assert find_families(["\N{CJK UNIFIED IDEOGRAPH-65E5}"], USUAL) == (USUAL, ["日"])


def test_up_to_a_hundred_classes_have_a_bar_each(draw):
    heights = [
        len(draw(count("kind", [f"class{n}" for n in range(num)])))
        for num in (99, 100, 101, 3000)
    ]
    assert heights[0] < heights[1]
    assert heights[1] > heights[2] == heights[3]
    assert heights[2] < 1000


def test_many_tasks_do_not_make_a_picture_without_end(draw):
    names = [f"class{number}" for number in range(90)]
    pixels = draw([each for n in range(12) for each in count(f"task{n}", names)])
    assert len(pixels) < 16_000
