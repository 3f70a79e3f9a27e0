"""Blocks hold what they have room for, and say how much more there is."""

from headswap.pages.blocks import (
    MAX_LETTERS,
    TABLE_ROOM,
    Figure,
    gallery,
    shorten,
    table,
)
from headswap.pages.cells import Share


def test_a_table_names_its_columns_rows_and_itself():
    made = table("Classes", ["class", "pictures"], [("cat", Share(5, 10))])
    assert "<caption>Classes</caption>" in made
    assert '<th scope="col">class</th>' in made
    assert '<th scope="row">cat</th>' in made
    assert "width: 50.0%" in made
    assert 'tabindex="0"' in made


def test_a_table_without_rows_has_its_header():
    assert '<th scope="col">file</th>' in table("Files", ["file"], [])


def test_a_table_that_is_too_long_says_how_many_rows_are_missing():
    rows = [(f"{number:06}" * 50, "reason") for number in range(5000)]
    made = table("Files", ["file", "reason"], rows, "See rejected.csv.")
    shown = made.count("<tr>") - 1
    assert 0 < shown < 5000
    assert f"And {5000 - shown:,} more rows. See rejected.csv." in made
    assert len(made) < TABLE_ROOM + 1000


def test_a_table_that_fits_says_nothing_of_more():
    assert "more rows" not in table("Files", ["file"], [("a",), ("b",)])


def test_a_picture_has_words_for_those_who_cannot_see_it():
    made = gallery([Figure("data:,", "Picture labelled cat", "cat", "a/b.jpg")], 3)
    assert 'alt="Picture labelled cat"' in made
    assert "And 3 more pictures." in made


def test_a_path_may_break_behind_its_slashes():
    made = gallery([Figure("data:,", "", "cat", "a/<b>/c.jpg")])
    assert "a/<wbr>&lt;b&gt;/<wbr>c.jpg" in made


def test_a_picture_without_room_is_said():
    made = gallery([Figure(None, "", "cat", "a.jpg", ("looks like dog",))])
    assert "<img" not in made
    assert "No room for this picture." in made
    assert "looks like dog" in made


def test_the_middle_of_a_long_path_is_left_out():
    short = shorten("a" * 5000 + ".jpg")
    assert len(short) <= MAX_LETTERS + 1
    assert short.endswith("a.jpg")
    assert shorten("a.jpg") == "a.jpg"
