"""Confirmed pairs are joined, within bounds, and what was made of each is said."""

import pytest

from headswap.artifacts.dataset.index import INDEX_COLUMNS
from headswap.artifacts.dataset.labels import Labels, write_labels
from headswap.artifacts.dataset.near_duplicates import (
    NearDuplicate,
    write_near_duplicates,
)
from headswap.artifacts.dataset.split import read_split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.tables import read_table, write_table
from headswap.errors import InputError
from headswap.split.near_duplicates import (
    MAX_LISTED_PAIRS,
    MAX_PICTURES,
    link,
    pair_rows,
    say,
)
from headswap.split.stage import split_images
from tests.made import make_index

TASK = Task("kind", "multiclass", ("a",))


def index_of(number, **facts):
    image_ids = [f"image{row:04}" for row in range(number)]
    return make_index(image_ids, {"kind": ["a"] * number}, [TASK], **facts)


def pair(first, second, is_confirmed=True, bits=8):
    ids = f"image{first:04}", f"image{second:04}"
    return NearDuplicate(*ids, bits, 0.95, 0.8, is_confirmed)


def test_confirmed_pairs_are_joined_through_others_in_between():
    links = link(index_of(5), [pair(0, 1), pair(1, 3), pair(2, 4, False)], "group")
    assert links.facts == ["image0000", "image0000", "", "image0000", ""]
    assert links.verdicts == ["joined", "joined", "same moment?"]


def test_on_report_nothing_is_joined():
    links = link(index_of(3), [pair(0, 1)], "report")
    assert links.facts == ["", "", ""]
    assert links.verdicts == ["same picture"]


@pytest.mark.parametrize(
    ("number", "is_joined"), [(MAX_PICTURES, 1), (MAX_PICTURES + 1, 0)]
)
def test_more_than_twenty_pictures_are_said_and_not_joined(number, is_joined, capsys):
    pairs = [pair(row, row + 1) for row in range(number - 1)]
    links = link(index_of(number + 2), [*pairs, pair(number, number + 1)], "group")
    assert bool(links.facts[0]) == is_joined
    assert links.facts[-1] == links.facts[-2] != ""
    say(links)
    said = capsys.readouterr().out
    assert ("data.group" in said) != is_joined
    assert is_joined or f"{number} pictures look alike one by one" in said


def test_files_of_the_same_pixels_do_not_make_a_group_too_large():
    hashes = ["p"] * 30 + ["q"]
    links = link(index_of(31, pixel_hashes=hashes), [pair(0, 30)], "group")
    assert links.verdicts == ["joined"]
    assert links.facts[0] == links.facts[30] != ""


def test_rows_for_people_have_paths_and_parts_with_what_was_joined_first():
    index = index_of(4, given_parts=["train", "test", "train", "train"])
    pairs = [pair(0, 2, False, bits=2), pair(0, 3, bits=30), pair(1, 2, bits=8)]
    rows = pair_rows(index, pairs, link(index, pairs, "group").verdicts)
    assert [row[:5] for row in rows] == [
        ("joined", "image0001.png", "image0002.png", "test", "train"),
        ("joined", "image0000.png", "image0003.png", "train", "train"),
        ("same moment?", "image0000.png", "image0002.png", "train", "train"),
    ]


def test_what_git_keeps_is_small_and_what_is_left_out_is_said(capsys):
    number = MAX_LISTED_PAIRS + 5
    index = index_of(2 * number)
    pairs = [pair(2 * row, 2 * row + 1) for row in range(number)]
    links = link(index, pairs, "group")
    assert len(pair_rows(index, pairs, links.verdicts)) == MAX_LISTED_PAIRS
    say(links)
    said = capsys.readouterr().out
    assert f"{number} pairs joined, in {number} groups" in said
    assert f"first {MAX_LISTED_PAIRS} are listed" in said


def test_where_nothing_looks_alike_nothing_is_said(capsys):
    say(link(index_of(3), [], "group"))
    assert capsys.readouterr().out == ""


@pytest.fixture
def prepared(tmp_path):
    """A prepared folder of 20 images, of which the last is nearly the first."""
    rows = [
        [f"image{row:04}", f"{row}.png", 9, 9, "PNG", f"pixels{row}", "", part, "", "a"]
        for row, part in enumerate(["train"] * 12 + ["validation"] * 4 + ["test"] * 4)
    ]
    write_table(tmp_path / "index.csv", [*INDEX_COLUMNS, "kind"], rows)
    write_labels(tmp_path / "labels.json", Labels([TASK], []))
    write_near_duplicates(tmp_path, [pair(0, 19), pair(1, 2, False)])
    return tmp_path


@pytest.mark.parametrize("wanted", ["group", "report"])
def test_the_stage_keeps_near_duplicates_together(prepared, section, tmp_path, wanted):
    options = section("split", near_duplicates=wanted, method="stratified", repeats=3)
    split_images(prepared, options, tmp_path / "split", tmp_path / "report")
    groups = read_split(tmp_path / "split").groups
    assert (groups[0] == groups[19]) == (wanted == "group")
    assert groups[1] != groups[2]
    table = read_table(tmp_path / "report" / "near_duplicates.csv")
    expected = {"group": "joined", "report": "same picture"}[wanted]
    assert table["what"] == [expected, "same moment?"]
    leaks = read_table(tmp_path / "report" / "leaks.csv")
    assert leaks["path"] == (["19.png", "0.png"] if wanted == "group" else [])


def test_leaks_that_end_the_stage_can_be_read(prepared, section, tmp_path):
    options = section("split", method="predefined", leaks="fail")
    with pytest.raises(InputError, match=r"19\.png of test \(near-duplicate"):
        split_images(prepared, options, tmp_path / "split", tmp_path / "report")
    leaks = read_table(tmp_path / "report" / "leaks.csv")
    assert leaks["reason"] == ["near-duplicate"] * 2
