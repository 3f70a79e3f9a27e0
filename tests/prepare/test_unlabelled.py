"""An empty cell of a multiclass task: nobody has said which class the image has."""

import pytest

from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.dataset.relations import Relation
from headswap.errors import InputError
from headswap.prepare.choice import choose
from headswap.prepare.layouts import csv
from headswap.prepare.listing import Row
from headswap.prepare.stage import prepare_images

TABLE = "path,kind,tone\na.png,cat,big\nb.png,dog,\nc.png,,small\nd.png,cat,small\n"


@pytest.fixture
def prepare(section, tmp_path, write_picture, inputs_of_prepare):
    """prepare(text, same, **changes): the index of pictures and a table of a text."""

    def call(text, same=(), **changes):
        for number, name in enumerate("abcd"):
            seed = 9 if name in same else number
            write_picture(tmp_path / "raw" / f"{name}.png", seed)
        (tmp_path / "raw/labels.csv").write_text(text)
        options = {"root": str(tmp_path / "raw"), "layout": "csv"}
        options |= {"table": "labels.csv"} | changes
        prepare_images(
            inputs_of_prepare,
            section("data", **options),
            section("prepare", image_size=16),
            tmp_path / "prepared",
        )
        return read_index(tmp_path / "prepared")

    return call


def test_an_empty_cell_leaves_the_image_in_and_is_counted(prepare, capsys):
    index = prepare(TABLE)
    assert index.cells == {
        "kind": ["cat", "dog", "", "cat"],
        "tone": ["big", "", "small", "small"],
    }
    assert [task.class_names for task in index.tasks] == [
        ("cat", "dog"),
        ("big", "small"),
    ]
    assert index.tasks[0].encode(index.cells["kind"]).tolist() == [
        [1, 0],
        [0, 1],
        [0, 0],
        [1, 0],
    ]
    printed = capsys.readouterr().out
    assert "note: 1 of 4 images have no label of kind, " in printed
    assert "note: 1 of 4 images have no label of tone, " in printed
    assert printed.count("leave them out: c.png\n") == 1


def test_lines_without_any_class_are_all_refused(prepare):
    with pytest.raises(InputError) as caught:
        prepare("path,kind,tone\na.png,,\nb.png,dog,big\nc.png,,\n")
    first, second = str(caught.value).splitlines()
    assert first == (
        "labels.csv, line 2: kind or tone must have a class, got none. Fill in a cell, "
        "or remove the line."
    )
    assert second.startswith("labels.csv, line 4: ")


def test_a_task_without_any_label_is_refused(prepare):
    with pytest.raises(InputError, match="tone must have more than one class, got one"):
        prepare("path,kind,tone\na.png,cat,\nb.png,dog,\n")


def test_equal_pictures_may_have_a_label_each(prepare):
    index = prepare(TABLE, same="bc", conflicts="fail")
    assert index.pixel_hashes[1] == index.pixel_hashes[2]
    with pytest.raises(InputError, match="got 2 files that show a picture under"):
        prepare(TABLE, same="ab", conflicts="fail")


def test_a_tree_is_read_off_the_images_with_both_labels(prepare, capsys):
    tree = "path,kind,group\na.png,oak,tree\nb.png,elm,tree\nc.png,rose,flower\n"
    index = prepare(tree + "d.png,oak,\n", tasks=("kind", "group"))
    parents = {"elm": "tree", "oak": "tree", "rose": "flower"}
    assert index.relations == [Relation("kind", "group", parents)]
    index = prepare(tree.replace("elm,tree", "elm,"), tasks=("kind", "group"))
    assert index.relations == []
    assert "no image of kind 'elm' has a label of group" in capsys.readouterr().out


def test_chosen_classes_leave_images_in_that_have_another_label(section):
    rows = [
        Row("a", (("cat",), ("big",))),
        Row("b", (("dog",), ("big",))),
        Row("c", ((), ("big",))),
    ]
    kinds = dict.fromkeys(("kind", "tone"), "multiclass")
    kept, left_out = choose(rows, kinds, section("data", classes=("cat",)))
    assert kept == [rows[0], rows[2]]
    assert left_out == [("b", "has no chosen class")]


def test_an_empty_cell_beside_several_labels_is_read(section, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    (tmp_path / "labels.csv").write_text("path,kind,tags\na.jpg,,\n")
    options = {"root": str(tmp_path), "layout": "csv", "table": "labels.csv"}
    listing = csv.read(section("data", multilabel=("tags",), **options))
    assert listing.rows == [Row("a.jpg", ((), ()))]
