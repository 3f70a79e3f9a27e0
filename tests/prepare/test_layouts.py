"""Layouts list what folders, tables and Pascal VOC say of each picture.

No layout opens a picture, so most files here are none. What prepare makes of the lists
is tested at the end.
"""

import time
import tracemalloc
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from headswap import registry
from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.storage.tables import read_table
from headswap.errors import InputError
from headswap.prepare.layouts import voc
from headswap.prepare.listing import Listing, Row, group_by_pattern
from headswap.prepare.stage import prepare_images
from headswap.prepare.walking import IMAGE_SUFFIXES
from headswap.split.leaks import find_leaks
from tests.made import load_rows


@pytest.fixture
def read(section, tmp_path):
    """read(layout, **changes): what a layout lists of the folder `raw`."""

    def call(layout, **changes):
        options = {"root": str(tmp_path / "raw"), "layout": layout} | changes
        return registry.load("prepare/layouts", layout).read(section("data", **options))

    return call


@pytest.fixture
def touch(tmp_path):
    """touch(*paths): files below `raw` that no layout will open."""

    def make(*paths):
        for path in paths:
            file = tmp_path / "raw" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"no picture")

    return make


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


def refusal(read, *arguments, **changes):
    """The message with which a layout refuses."""
    with pytest.raises(InputError) as caught:
        read(*arguments, **changes)
    return str(caught.value)


def labels_by_path(listing):
    return {row.path: row.labels for row in listing.rows}


def parts_by_path(listing):
    return {row.path: row.given_part for row in listing.rows}


@pytest.mark.parametrize("layout", registry.names("prepare/layouts"))
def test_every_layout_refuses_a_root_that_is_no_folder(read, layout):
    message = refusal(read, layout, root="nowhere", table="labels.csv")
    assert message.startswith("data.root: it must be a folder of images")
    assert "'nowhere', which does not exist" in message


# folders


@pytest.mark.parametrize(
    ("levels", "path", "labels"),
    [
        (("scene",), "forest/1.jpg", (("forest",),)),
        (("kind", "scene"), "land/forest/1.jpg", (("land",), ("forest",))),
        (("a", "b", "c"), "x/y/z/1.jpg", (("x",), ("y",), ("z",))),
    ],
)
def test_each_folder_level_is_a_task(read, touch, levels, path, labels):
    touch(path)
    listing = read("folders", levels=levels)
    assert listing.rows == [Row(path, labels)]
    assert listing.kinds == dict.fromkeys(levels, "multiclass")


PART_NAMES = {
    "train": "train",
    "seg_train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "seg_test": "test",
    "testing": "test",
}


@pytest.mark.parametrize("name", PART_NAMES)
def test_the_level_split_is_a_part_under_the_usual_names(read, touch, name):
    touch(f"{name}/forest/1.jpg")
    listing = read("folders", levels=("split", "scene"))
    assert listing.rows == [
        Row(f"{name}/forest/1.jpg", (("forest",),), PART_NAMES[name])
    ]
    assert list(listing.kinds) == ["scene"]


def test_the_level_split_may_stand_anywhere(read, touch):
    touch("land/forest/test/1.jpg", "sea/reef/train/2.jpg")
    listing = read("folders", levels=("kind", "scene", "split"))
    assert listing.rows == [
        Row("land/forest/test/1.jpg", (("land",), ("forest",)), "test"),
        Row("sea/reef/train/2.jpg", (("sea",), ("reef",)), "train"),
    ]


def test_part_names_of_a_data_set_are_explained_in_data_parts(read, touch):
    touch("fold1/forest/1.jpg", "fold2/forest/2.jpg")
    parts = {"fold1": "train", "fold2": "test"}
    listing = read("folders", levels=("split", "scene"), parts=parts)
    assert [row.given_part for row in listing.rows] == ["train", "test"]


def test_an_unknown_part_is_refused_with_the_choices(read, touch):
    touch("trian/forest/1.jpg")
    message = refusal(read, "folders", levels=("split", "scene"))
    assert message.startswith("data.levels: the part must be one of train, ")
    assert "got 'trian'" in message
    assert (
        "in data.parts of params.yaml what they are, such as `trian: train`" in message
    )


def test_deeper_files_belong_to_the_folders_above(read, touch):
    touch("forest/2019/may/1.jpg")
    assert read("folders", levels=("scene",)).rows == [
        Row("forest/2019/may/1.jpg", (("forest",),))
    ]


def test_higher_files_are_rejected_with_the_level_they_miss(read, touch):
    touch("land/forest/1.jpg", "land/2.jpg", "3.jpg")
    listing = read("folders", levels=("kind", "scene"))
    assert [row.path for row in listing.rows] == ["land/forest/1.jpg"]
    assert dict(listing.rejected) == dict.fromkeys(
        ["3.jpg", "land/2.jpg"], "lies above the folder level 'scene'"
    )


def test_too_many_levels_are_refused_with_the_pattern_expected(read, touch):
    touch("forest/1.jpg", "sea/2.jpg")
    message = refusal(read, "folders", levels=("kind", "scene"))
    assert "must hold images as <kind>/<scene>/<file>, got none (2 files" in message
    assert message.endswith("Set data.levels=[label].")


def test_hidden_and_system_files_are_passed_over_and_counted(read, touch):
    touch("forest/1.jpg", "forest/.2.jpg", "forest/Thumbs.db", ".git/forest/3.jpg")
    touch("__MACOSX/forest/4.jpg")
    listing = read("folders", levels=("scene",))
    assert [row.path for row in listing.rows] == ["forest/1.jpg"]
    assert listing.rejected == []
    assert listing.num_skipped == 4


@pytest.mark.survives("doors")
def test_links_in_a_circle_end(read, touch, raw):
    touch("forest/1.jpg")
    (raw / "forest/up").symlink_to("..")
    (raw / "forest/self").symlink_to("self")
    paths = [row.path for row in read("folders", levels=("scene",)).rows]
    assert paths == ["forest/1.jpg", "forest/self"]


def test_a_link_to_a_folder_is_followed(read, touch, raw, tmp_path):
    touch("forest/1.jpg")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/2.jpg").write_bytes(b"no picture")
    (raw / "sea").symlink_to(tmp_path / "elsewhere")
    paths = [row.path for row in read("folders", levels=("scene",)).rows]
    assert paths == ["forest/1.jpg", "sea/2.jpg"]


def test_empty_class_folders_are_refused_ten_of_them_named(read, touch, raw):
    touch("forest/1.jpg", "hidden/.2.jpg")
    for number in range(11):
        (raw / f"class{number:02}").mkdir()
    message = refusal(read, "folders", levels=("scene",))
    assert "every class folder must hold images, got 12 without: class00, " in message
    assert "class09 and 2 more. Fill or remove them, or" in message


def test_a_class_folder_that_is_empty_in_one_part_is_refused(read, touch, raw):
    touch("train/forest/1.jpg", "test/forest/2.jpg", "train/sea/3.jpg")
    (raw / "test/sea").mkdir()
    message = refusal(read, "folders", levels=("split", "scene"))
    assert "got 1 without: test/sea." in message


# csv


def write_table(folder, text, name="labels.csv", encoding="utf-8"):
    (folder / name).write_text(text, encoding=encoding, newline="")


@pytest.fixture
def three(raw, touch):
    """The folder `raw` with the files a.jpg, b.jpg and c.jpg."""
    touch("a.jpg", "b.jpg", "c.jpg")
    return raw


FINE_AND_COARSE = {
    "a.jpg": (("oak",), ("tree",)),
    "b.jpg": (("elm",), ("tree",)),
    "c.jpg": (("rose",), ("flower",)),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("has_header", [True, False])
def test_tables_of_every_usual_form_are_read(
    read, three, delimiter, newline, encoding, has_header
):
    lines = ["a.jpg,oak,tree", "c.jpg,rose,flower", "b.jpg, elm ,tree", ""]
    columns = ("path", "fine", "coarse")
    if has_header:
        lines.insert(0, ",".join(columns))
    text = newline.join(lines).replace(",", delimiter)
    write_table(three, text, encoding=encoding)
    listing = read("csv", table="labels.csv", columns=None if has_header else columns)
    assert labels_by_path(listing) == FINE_AND_COARSE
    assert [row.path for row in listing.rows] == sorted(FINE_AND_COARSE)
    assert listing.kinds == {"fine": "multiclass", "coarse": "multiclass"}


def test_a_header_may_stand_beside_data_columns(read, three):
    write_table(three, "path,fine\na.jpg,oak\n")
    listing = read("csv", table="labels.csv", columns=("path", "fine"))
    assert labels_by_path(listing) == {"a.jpg": (("oak",),)}


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_quoted_cells_may_hold_any_delimiter(read, raw, touch, delimiter):
    touch("a,b;c,d;e.jpg")
    write_table(raw, f'"a,b;c,d;e.jpg"{delimiter}"oak, ""old"";"\n')
    listing = read("csv", table="labels.csv", columns=("path", "fine"))
    assert labels_by_path(listing) == {"a,b;c,d;e.jpg": (('oak, "old";',),)}


@pytest.mark.parametrize(
    "names",
    [
        "0 oak\n1 elm\n10 rose\n",
        "10;rose\n0;oak\n1;elm\n",
        "0,oak\r\n01, elm\r\n10 , rose\r\n",
        "\ufeff0\toak\n\n1\telm\n10\trose",
    ],
)
def test_numeric_ids_are_named_by_a_file_of_ids_and_names(read, three, names):
    write_table(three, names, "names.txt")
    write_table(three, "path,fine\na.jpg,0\nb.jpg,01\nc.jpg,10\n")
    listing = read("csv", table="labels.csv", class_names={"fine": "names.txt"})
    assert [row.labels for row in listing.rows] == [
        (("oak",),),
        (("elm",),),
        (("rose",),),
    ]


def test_numeric_ids_are_named_by_the_lines_of_a_file(read, three):
    write_table(three, "white oak\nelm, old\nrose\n", "names.txt")
    write_table(three, "a.jpg;2\nb.jpg;1\nc.jpg;0\n")
    listing = read(
        "csv",
        table="labels.csv",
        columns=("path", "fine"),
        class_names={"fine": "names.txt"},
    )
    labels = [row.labels for row in listing.rows]
    assert labels == [(("rose",),), (("elm, old",),), (("white oak",),)]


def test_a_comma_within_the_name_of_an_id_is_kept(read, three):
    write_table(three, "0 tench, Tinca tinca\n", "names.txt")
    write_table(three, "path,fine\na.jpg,0\n")
    listing = read("csv", table="labels.csv", class_names={"fine": "names.txt"})
    assert listing.rows[0].labels == (("tench, Tinca tinca",),)


def test_an_id_without_a_name_is_refused(read, three):
    write_table(three, "0 oak\n", "names.txt")
    write_table(three, "path,fine\na.jpg,0\nb.jpg,7\n")
    message = refusal(
        read, "csv", table="labels.csv", class_names={"fine": "names.txt"}
    )
    assert message == (
        "labels.csv, line 3: fine must be an id in names.txt, got 7. Correct the id, "
        "or add its name there."
    )


def test_a_missing_names_file_is_refused(read, three):
    write_table(three, "path,fine\na.jpg,0\n")
    message = refusal(read, "csv", table="labels.csv", class_names={"fine": "no.txt"})
    assert message.startswith("data.class_names: ")
    assert "no.txt must be a readable UTF-8 file" in message


def test_ids_without_a_names_file_are_class_names(read, three):
    write_table(three, "path,fine\na.jpg,3\n")
    assert read("csv", table="labels.csv").rows == [Row("a.jpg", (("3",),))]


def test_a_split_column_gives_parts_and_is_no_task(read, three):
    write_table(three, "path,split,fine\na.jpg,train,oak\nb.jpg,val,oak\nc.jpg,,oak\n")
    listing = read("csv", table="labels.csv")
    assert [row.given_part for row in listing.rows] == ["train", "validation", ""]
    assert list(listing.kinds) == ["fine"]


def test_all_unknown_parts_in_a_table_are_refused_at_once(read, three):
    write_table(three, "path,split,fine\na.jpg,train,oak\nb.jpg,dev,oak\nc.jpg,x,oak\n")
    message = refusal(read, "csv", table="labels.csv")
    assert message.startswith("data.table: the part must be one of train, ")
    assert "got 'dev', 'x'" in message


def test_there_may_be_one_table_a_part(read, three):
    write_table(three, "a.jpg,oak\nb.jpg,elm\n", "train.txt")
    write_table(three, "c.jpg;oak\n", "test.txt")
    listing = read(
        "csv",
        tables={"train": "train.txt", "test": "test.txt"},
        columns=("path", "fine"),
    )
    assert parts_by_path(listing) == {
        "a.jpg": "train",
        "b.jpg": "train",
        "c.jpg": "test",
    }


def test_tables_may_hold_the_tasks_in_different_orders(read, three):
    write_table(three, "path,fine,coarse\na.jpg,oak,tree\n", "train.csv")
    write_table(three, "coarse,path,fine\nflower,c.jpg,rose\n", "test.csv")
    listing = read("csv", tables={"train": "train.csv", "test": "test.csv"})
    assert list(listing.kinds) == ["fine", "coarse"]
    assert labels_by_path(listing) == {
        "a.jpg": FINE_AND_COARSE["a.jpg"],
        "c.jpg": FINE_AND_COARSE["c.jpg"],
    }


def test_tables_of_different_tasks_are_refused(read, three):
    write_table(three, "path,fine,coarse\na.jpg,oak,tree\n", "train.csv")
    write_table(three, "path,fine\nc.jpg,rose\n", "test.csv")
    message = refusal(read, "csv", tables={"train": "train.csv", "test": "test.csv"})
    assert message.startswith("test.csv: it must have the tasks of the tables before")
    assert "fine, coarse, got fine." in message


def test_data_tasks_chooses_among_the_columns(read, three):
    write_table(three, "id,path,author,fine\n1,a.jpg,me,oak\n")
    listing = read("csv", table="labels.csv", tasks=("fine",))
    assert listing.rows == [Row("a.jpg", (("oak",),))]


def test_multilabel_cells_hold_any_number_of_classes(read, three):
    write_table(three, "path,tags,fine\na.jpg,x|y ,oak\nb.jpg,,elm\nc.jpg,y|,rose\n")
    listing = read("csv", table="labels.csv", multilabel=("tags",))
    assert listing.kinds == {"tags": "multilabel", "fine": "multiclass"}
    assert [row.labels for row in listing.rows] == [
        (("x", "y"), ("oak",)),
        ((), ("elm",)),
        (("y",), ("rose",)),
    ]


def test_a_multilabel_task_that_is_no_column_is_refused(read, three):
    write_table(three, "path,fine\na.jpg,oak\n")
    message = refusal(read, "csv", table="labels.csv", multilabel=("tags",))
    assert "got path, fine without tags." in message


def test_missing_images_are_counted_and_ten_are_named(read, three):
    lines = ["path,fine", "a.jpg,oak", *(f"gone{i:02}.jpg,oak" for i in range(25))]
    write_table(three, "\n".join(lines))
    message = refusal(read, "csv", table="labels.csv")
    assert message.startswith("data.table: every path must be a file below ")
    assert "got 25 missing: gone00.jpg, " in message
    assert "gone09.jpg and 15 more. Add the files, " in message
    assert "gone10.jpg" not in message


def test_a_folder_and_a_name_too_long_are_missing_images(read, three):
    (three / "folder").mkdir()
    write_table(three, f"path,fine\nfolder,oak\n{'n' * 300}.jpg,oak\n,oak\n")
    assert "got 3 missing: folder, nnn" in refusal(read, "csv", table="labels.csv")


def test_images_that_no_label_names_are_counted(read, three, touch):
    touch("deeper/d.JPEG", ".hidden.jpg", "notes.txt")
    write_table(three, "path,fine\na.jpg,oak\n")
    assert read("csv", table="labels.csv").num_unlabelled == 3


CONFLICT = "path,fine\na.jpg,oak\nb.jpg,elm\na.jpg,elm\nb.jpg,elm\na.jpg,rose\n"


def test_a_path_with_two_labels_is_refused(read, three):
    write_table(three, CONFLICT)
    message = refusal(read, "csv", table="labels.csv", conflicts="fail")
    assert message == (
        "data.table: a path must have one label, got 1 named again with "
        "another: a.jpg. Correct the table, or set data.conflicts=drop."
    )


def test_a_path_with_two_labels_can_be_dropped_and_is_listed(read, three):
    write_table(three, CONFLICT)
    listing = read("csv", table="labels.csv", conflicts="drop")
    assert [row.path for row in listing.rows] == ["b.jpg"]
    assert listing.rejected == [("a.jpg", "has more than one label")]
    # c.jpg alone: labels do name a.jpg.
    assert listing.num_unlabelled == 1


def test_a_path_in_two_parts_is_a_conflict_under_all_its_names(read, three):
    write_table(three, "path,fine\na.jpg,oak\n", "train.csv")
    write_table(three, "path,fine\n./x/../a.jpg,oak\n", "test.csv")
    message = refusal(read, "csv", tables={"train": "train.csv", "test": "test.csv"})
    assert "one part, got 1 named again with another: a.jpg." in message


def test_a_path_in_two_groups_is_a_conflict_that_names_the_group(read, three):
    write_table(three, "path,fine,patient\na.jpg,oak,1\na.jpg,oak,2\n")
    message = refusal(read, "csv", table="labels.csv", group="patient")
    assert "must have one group, got 1 named again with another: a.jpg." in message


@pytest.mark.parametrize(
    "path",
    ["../out.jpg", "x/../../out.jpg", "..\\out.jpg", "/etc/passwd", "{raw}/../out.jpg"],
)
@pytest.mark.survives("doors")
def test_a_path_that_leads_outside_the_root_is_refused(read, three, tmp_path, path):
    (tmp_path / "out.jpg").write_bytes(b"no picture")
    path = path.format(raw=three)
    write_table(three, f"path,fine\na.jpg,oak\n{path},oak\n")
    message = refusal(read, "csv", table="labels.csv")
    assert "every path must stay below" in message
    assert f"got 1 that lead outside: {path}. Move the files" in message


def test_paths_within_the_root_may_be_written_in_any_way(read, three, touch):
    touch("x/d.jpg")
    paths = [f"{three}/a.jpg", "./b.jpg", "x/../c.jpg", "x\\d.jpg"]
    write_table(three, "path,fine\n" + "".join(f"{path},oak\n" for path in paths))
    found = [row.path for row in read("csv", table="labels.csv").rows]
    assert found == ["a.jpg", "b.jpg", "c.jpg", "x/d.jpg"]


def test_absolute_paths_may_go_by_the_link_that_is_the_root(read, three, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(three)
    write_table(three, f"path,fine\n{link}/a.jpg,oak\n{three}/b.jpg,oak\n")
    listing = read("csv", root=str(link), table="labels.csv")
    assert [row.path for row in listing.rows] == ["a.jpg", "b.jpg"]


def test_lines_that_do_not_fit_are_all_named(read, three):
    write_table(three, "path,fine\na.jpg\nb.jpg,oak,1\nc.jpg,\n")
    first, second, third = refusal(read, "csv", table="labels.csv").splitlines()
    assert first.startswith("labels.csv, line 2: it must have 2 cells, got 1. Correct")
    assert second.startswith("labels.csv, line 3: it must have 2 cells, got 3.")
    assert third == (
        "labels.csv, line 4: fine must have a class, got none. Fill in the cell."
    )


@pytest.mark.parametrize(
    ("given", "got"),
    [
        ({"table": "a.csv", "tables": {"train": "b.csv"}}, "got both"),
        ({}, "got neither"),
    ],
)
def test_one_table_or_several_must_be_given(read, raw, given, got):
    message = refusal(read, "csv", **given)
    assert "data.table or data.tables must be given" in message
    assert got in message


def test_a_missing_table_is_refused(read, raw):
    message = refusal(read, "csv", table="labels.csv")
    assert "labels.csv must be a readable UTF-8 file" in message
    assert "No such file" in message


@pytest.mark.parametrize("num_lines", [0, 30_000])
def test_a_table_that_is_not_utf8_is_refused(read, three, num_lines):
    lines = b"path,fine\n" * (num_lines > 0) + b"a.jpg,oak\n" * num_lines
    (three / "labels.csv").write_bytes(lines + b"b.jpg,Gr\xf6\xdfe\n")
    message = refusal(read, "csv", table="labels.csv")
    assert "labels.csv" in message
    assert "UTF-8" in message


@pytest.mark.parametrize("num_lines", [3, 30_000])
def test_a_quote_that_is_never_closed_is_refused(read, three, num_lines):
    write_table(three, 'path,fine\na.jpg,"oak\n' + "b.jpg,elm\n" * num_lines)
    message = refusal(read, "csv", table="labels.csv")
    assert message.startswith("labels.csv, after line ")
    assert "a quote that is not closed" in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "labels.csv: it must have the columns path and one a task"),
        ("a.jpg,oak\n", "without path. Set data.columns=[path,label], where"),
        ("path\na.jpg\n", "must have the columns path and one a task, got path."),
        ("path,fine\n", "data.table: it must name images, got none."),
        ("path,fine,fine\na.jpg,oak,elm\n", "got fine more than once"),
        ("path,a/b,c\na.jpg,oak,elm\n", "a task must be named by a letter and"),
    ],
)
def test_a_table_without_path_or_task_or_image_is_refused(read, three, text, expected):
    write_table(three, text)
    assert expected in refusal(read, "csv", table="labels.csv")


def test_a_large_table_is_streamed(read, three):
    num_rows = 20_000
    lines = [f"{'abc'[row % 3]}.jpg,class{row % 3}" for row in range(num_rows)]
    text = "\n".join(["path,fine", *lines])
    write_table(three, text)
    del lines
    read("csv", table="labels.csv")  # What is kept from a first call is no row.
    tracemalloc.start()
    try:
        listing = read("csv", table="labels.csv")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(listing.rows) == 3
    assert peak < len(text) / 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "num_rows", [200_000, pytest.param(1_000_000, marks=pytest.mark.endure)]
)
def test_a_table_of_many_rows_is_read_to_its_end(read, three, num_rows):
    with open(three / "labels.csv", "w", encoding="utf-8") as file:
        file.write("path,fine\n")
        for row in range(num_rows):
            file.write(f"{'abc'[row % 3]}.jpg,class{row % 3}\n")
        file.write("a.jpg\n")
    message = refusal(read, "csv", table="labels.csv")
    expected = f"labels.csv, line {num_rows + 2}: it must have 2 cells, got 1."
    assert message.startswith(expected)


# voc


def annotate(folder, image_id, *names, suffix=".jpg"):
    """An image of Pascal VOC with its objects; parts of objects have names too."""
    objects = "".join(
        f"<object><name>{name}</name><part><name>head</name></part></object>"
        for name in names
    )
    write_voc(
        folder,
        image_id,
        f"<annotation><filename>x</filename><source><name>web</name></source>"
        f"{objects}</annotation>",
        suffix,
    )


def write_voc(folder, image_id, xml, suffix=".jpg"):
    for name in ("JPEGImages", "Annotations"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "JPEGImages" / f"{image_id}{suffix}").write_bytes(b"no picture")
    if xml is not None:
        path = folder / "Annotations" / f"{image_id}.xml"
        path.write_text(xml, encoding="utf-8")


def write_image_set(folder, name, *lines):
    path = folder / "ImageSets/Main" / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def six(raw):
    """Pascal VOC with six images, two of them without car and dog."""
    annotate(raw, "1", "car")
    annotate(raw, "2", "dog", "car", "dog")
    annotate(raw, "3", "dog", "person")
    annotate(raw, "4", "person")
    annotate(raw, "5")
    annotate(raw, "6", "car", suffix=".png")
    return raw


def test_all_classes_that_occur_are_the_default(read, six):
    listing = read("voc")
    assert listing.kinds == {"objects": "multilabel"}
    assert labels_by_path(listing) == {
        "JPEGImages/1.jpg": (("car",),),
        "JPEGImages/2.jpg": (("car", "dog"),),
        "JPEGImages/3.jpg": (("dog", "person"),),
        "JPEGImages/4.jpg": (("person",),),
        "JPEGImages/5.jpg": ((),),
        "JPEGImages/6.png": (("car",),),
    }
    assert set(parts_by_path(listing).values()) == {""}


def test_chosen_classes_alone_are_kept(read, six):
    listing = read("voc", classes=("dog", "car"))
    assert [row.labels[0] for row in listing.rows] == [
        ("car",),
        ("car", "dog"),
        ("dog",),
        (),
        (),
        ("car",),
    ]


def test_the_names_of_parts_of_objects_are_no_classes(raw):
    annotate(raw, "1", "person")
    assert voc.read_object_names(raw / "Annotations/1.xml") == ["person"]


def test_a_name_may_be_written_with_entities_and_space(raw):
    xml = "<annotation><object><name> R&amp;D <!-- -->c&#97;r\n</name></object>"
    write_voc(raw, "1", xml + "</annotation>")
    assert voc.read_object_names(raw / "Annotations/1.xml") == ["R&D car"]


def test_a_class_that_never_occurs_is_refused(read, six):
    message = refusal(read, "voc", classes=("car", "cat", "Dog"))
    assert message == (
        "data.classes: every class must be in the labels, got cat, Dog, which no image "
        "has. Choose among those there are (objects: car, dog, person)."
    )


def test_image_sets_give_the_parts(read, six):
    write_image_set(six, "train", "1", "2", "")
    write_image_set(six, "val", "3 ")
    write_image_set(six, "test", "4", "6")
    listing = read("voc")
    assert parts_by_path(listing) == {
        "JPEGImages/1.jpg": "train",
        "JPEGImages/2.jpg": "train",
        "JPEGImages/3.jpg": "validation",
        "JPEGImages/4.jpg": "test",
        "JPEGImages/6.png": "test",
    }
    assert listing.num_unlabelled == 1


def test_train_and_val_are_preferred_to_trainval(read, six):
    write_image_set(six, "train", "1")
    write_image_set(six, "val", "2")
    write_image_set(six, "trainval", "1", "2", "3")
    parts = parts_by_path(read("voc"))
    assert parts == {"JPEGImages/1.jpg": "train", "JPEGImages/2.jpg": "validation"}


def test_trainval_alone_is_train(read, six):
    write_image_set(six, "trainval", "1", "2")
    write_image_set(six, "test", "3")
    assert list(parts_by_path(read("voc")).values()) == ["train", "train", "test"]


def test_beside_val_alone_trainval_is_what_val_is_not(read, six):
    write_image_set(six, "trainval", "1", "2")
    write_image_set(six, "val", "2")
    assert list(parts_by_path(read("voc")).values()) == ["train", "validation"]


def test_image_sets_of_one_class_are_passed_over(read, six):
    write_image_set(six, "trainval", "1", "2")
    write_image_set(six, "car_trainval", "1  1", "2  1", "9 -1")
    write_image_set(six, "car_train", "3")
    assert len(read("voc").rows) == 2


def test_ids_without_an_image_are_refused(read, six):
    write_image_set(six, "train", "1", "8")
    write_image_set(six, "test", "9")
    message = refusal(read, "voc")
    assert message.startswith(
        "ImageSets/Main: every id must have an image in JPEGImages"
    )
    assert "got 2 without: 9, 8." in message
    assert "Add the images, or remove the lines." in message


@pytest.mark.parametrize("train", ["train", "trainval"])
def test_an_id_in_two_parts_is_refused(read, six, train):
    write_image_set(six, train, "1", "2")
    write_image_set(six, "test", "2", "3")
    message = refusal(read, "voc")
    assert "every id must be in one part, got 1 in several: 2. Remove" in message


def test_an_image_set_that_is_not_utf8_is_refused(read, six):
    write_image_set(six, "train", "1")
    (six / "ImageSets/Main/train.txt").write_bytes(b"\xff\xfe1\x00")
    assert "train.txt must be a readable UTF-8 file" in refusal(read, "voc")


def test_a_folder_that_is_not_pascal_voc_is_refused(read, touch):
    touch("VOC2012/JPEGImages/1.jpg")
    message = refusal(read, "voc")
    assert "must hold the folders JPEGImages and Annotations, got VOC2012." in message
    assert "such as VOCdevkit/VOC2012" in message


@pytest.mark.parametrize(
    ("unlabelled", "num_kept"),
    [(0, 0), (7, 7), (1000, 20), (0.5, 10), (0.0, 0), (1.0, 20), ("all", 20)],
)
def test_images_without_a_chosen_class_are_kept_as_many_as_wanted(
    read, raw, unlabelled, num_kept
):
    annotate(raw, "0", "car")
    for number in range(1, 21):
        annotate(raw, str(number), "person")
    listing = read("voc", classes=("car",), unlabelled=unlabelled)
    empty = [row.path for row in listing.rows if not row.labels[0]]
    assert len(empty) == num_kept
    assert len(listing.rows) == num_kept + 1
    left_out = dict(listing.rejected)
    assert set(left_out.values()) <= {
        "has no chosen class, left out by data.unlabelled"
    }
    assert len(left_out.keys() | set(empty)) == 20
    assert not left_out.keys() & set(empty)


def test_images_without_a_chosen_class_are_drawn_by_seed(read, raw):
    annotate(raw, "0", "car")
    for number in range(1, 41):
        annotate(raw, str(number), "person")
    first, again, other = (
        read("voc", classes=("car",), unlabelled=10, seed=seed).rows
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (
            "<annotation><object></annotation>",
            "its annotation is malformed: mismatched",
        ),
        ("", "its annotation is malformed: no element found"),
        ("not XML", "its annotation is malformed: syntax error"),
        (
            '<?xml version="1.0" encoding="klingon"?><a/>',
            "its annotation is malformed: ",
        ),
        ('<?xml version="1.0" encoding="utf-7"?><a/>', "its annotation is malformed: "),
        (
            "<annotation><object><name> </name></object></annotation>",
            "its annotation has an object with an empty name",
        ),
        (None, "has no annotation"),
    ],
)
def test_an_annotation_that_cannot_be_used_is_listed(read, six, xml, reason):
    write_voc(six, "7", xml)
    listing = read("voc")
    assert len(listing.rows) == 6
    [(path, found)] = listing.rejected
    assert path == "JPEGImages/7.jpg"
    assert found.startswith(reason)


BILLION_LAUGHS = (
    '<!DOCTYPE annotation [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + "]><annotation><object><name>&a11;</name></object></annotation>"
)
EXTERNAL = (
    '<!DOCTYPE annotation [<!ENTITY secret SYSTEM "file://{secret}">]>'
    "<annotation><object><name>&secret;</name></object></annotation>"
)
EXTERNAL_TYPE = '<!DOCTYPE annotation SYSTEM "file://{secret}"><annotation/>'


@pytest.mark.parametrize("xml", [BILLION_LAUGHS, EXTERNAL, EXTERNAL_TYPE])
@pytest.mark.survives("doors")
def test_an_annotation_that_declares_entities_is_refused_unread(
    read, six, tmp_path, xml
):
    secret = tmp_path / "secret"
    secret.write_text("car", encoding="utf-8")
    write_voc(six, "7", xml.replace("{secret}", str(secret)))
    start = time.monotonic()
    listing = read("voc")
    assert time.monotonic() - start < 5
    assert listing.rejected == [
        ("JPEGImages/7.jpg", "its annotation declares a document type")
    ]


# Classes chosen, in every layout


def test_classes_of_folders_can_be_chosen(read, touch):
    touch("land/forest/1.jpg", "land/hill/2.jpg", "sea/reef/3.jpg", "sea/cave/4.jpg")
    listing = read("folders", levels=("kind", "scene"), classes=("hill", "reef"))
    assert [row.path for row in listing.rows] == ["land/hill/2.jpg", "sea/reef/3.jpg"]
    assert dict(listing.rejected) == dict.fromkeys(
        ["land/forest/1.jpg", "sea/cave/4.jpg"], "has no chosen class"
    )
    listing = read("folders", levels=("kind", "scene"), classes=("sea",))
    assert [row.path for row in listing.rows] == ["sea/cave/4.jpg", "sea/reef/3.jpg"]


def test_classes_of_a_table_can_be_chosen_and_images_without_drawn(read, three):
    write_table(three, "path,tags,fine\na.jpg,x|y,oak\nb.jpg,x,elm\nc.jpg,,oak\n")
    options = {"table": "labels.csv", "multilabel": ("tags",)}
    listing = read("csv", classes=("y", "oak"), **options)
    assert labels_by_path(listing) == {
        "a.jpg": (("y",), ("oak",)),
        "c.jpg": ((), ("oak",)),
    }
    listing = read("csv", classes=("y",), unlabelled=0, **options)
    assert [row.path for row in listing.rows] == ["a.jpg"]
    assert dict(listing.rejected) == dict.fromkeys(
        ["b.jpg", "c.jpg"], "has no chosen class, left out by data.unlabelled"
    )


def test_a_chosen_class_of_no_task_or_of_two_is_refused(read, touch):
    touch("sea/sea/1.jpg", "sea/reef/2.jpg")
    message = refusal(
        read, "folders", levels=("kind", "scene"), classes=("sea", "Reef")
    )
    absent, twice = message.splitlines()
    assert "got Reef, which no image has. Choose among those there are (kind:" in absent
    assert "'sea' must be a class of one task, got kind and scene." in twice


# What prepare makes of the lists


@pytest.fixture
def prepared(section, raw, tmp_path, inputs_of_prepare):
    """prepared(layout, **changes): the prepared folder of the folder `raw`."""
    count = iter(range(100))

    def call(layout, **changes):
        output = tmp_path / f"prepared{next(count)}"
        options = {"root": str(raw), "layout": layout} | changes
        prepare_images(
            inputs_of_prepare,
            section("data", **options),
            section("prepare", image_size=8),
            output,
        )
        return output

    return call


@pytest.mark.parametrize(
    "names",
    [
        ("Oak", "oak"),
        (unicodedata.normalize("NFC", "chêne"), unicodedata.normalize("NFD", "chêne")),
    ],
)
def test_classes_that_differ_in_case_or_unicode_form_are_refused(
    prepared, raw, write_picture, names
):
    for number in range(2):
        write_picture(raw / f"{number}.png", number)
    write_table(raw, f"path,fine\n0.png,{names[0]}\n1.png,{names[1]}\n")
    message = refusal(prepared, "csv", table="labels.csv")
    assert "fine must have class names that differ in more than case or" in message
    assert all(ascii(name) in message for name in names)
    assert message.endswith("Rename one.")


def test_multilabel_classes_that_differ_in_case_are_refused(prepared, raw):
    annotate(raw, "1", "car")
    annotate(raw, "2", "Car")
    assert "got 'Car' and 'car'. Rename one." in refusal(prepared, "voc")


def test_a_multilabel_class_with_the_separator_is_refused(prepared, raw):
    annotate(raw, "1", "car|van", "dog")
    message = refusal(prepared, "voc")
    assert "objects must have class names without '|', got 'car|van'." in message


@pytest.fixture
def twins(raw, write_picture):
    """Six pictures, 1 and 4 the same in different files, under different classes."""
    for number in range(6):
        write_picture(raw / f"{number}.png", number)
    write_picture(raw / "4.png", 1, compress_level=0)
    lines = [f"{number}.png,{'oak' if number < 3 else 'elm'}" for number in range(6)]
    write_table(raw, "\n".join(["path,fine", *lines]))
    return raw


def test_one_picture_under_two_classes_is_refused(prepared, twins):
    message = refusal(prepared, "csv", table="labels.csv")
    assert "a picture must have one class, got 2 files" in message
    assert "1.png, 4.png. Remove the wrong ones, or set data.conflicts=drop." in message


def test_dropped_conflicts_leave_images_and_index_in_step(prepared, twins, draw):
    folder = prepared("csv", table="labels.csv", conflicts="drop")
    index = read_index(folder)
    assert index.paths == ["0.png", "2.png", "3.png", "5.png"]
    assert index.cells["fine"] == ["oak", "oak", "elm", "elm"]
    images = load_rows(folder / "images")
    (twins / "labels.csv").write_text("path,fine\n0.png,oak\n5.png,elm\n")
    alone = load_rows(prepared("csv", table="labels.csv") / "images")
    assert len(images) == 4
    np.testing.assert_array_equal(images[[0, 3]], alone)
    rejected = read_table(folder / "rejected.csv")
    assert rejected["path"] == ["1.png", "4.png"]


def test_one_picture_with_two_sets_of_tags_is_no_conflict(prepared, twins):
    folder = prepared("csv", table="labels.csv", multilabel=("fine",))
    assert len(read_index(folder).paths) == 6


def test_a_multilabel_and_a_multiclass_task_are_prepared_together(
    prepared, raw, write_picture
):
    for number in range(3):
        write_picture(raw / f"{number}.png", number)
    write_table(raw, "path,tags,kind\n0.png,b|a,x\n1.png,,y\n2.png,a,x\n")
    index = read_index(prepared("csv", table="labels.csv", multilabel=("tags",)))
    assert [(task.name, task.kind, task.class_names) for task in index.tasks] == [
        ("tags", "multilabel", ("a", "b")),
        ("kind", "multiclass", ("x", "y")),
    ]
    assert index.relations == []
    np.testing.assert_array_equal(
        index.tasks[0].encode(index.cells["tags"]), [[1, 1], [0, 0], [1, 0]]
    )


def test_prepare_says_how_many_images_have_no_label(prepared, twins, touch, capsys):
    touch("more/7.png", "more/8.png")
    prepared("csv", table="labels.csv", conflicts="drop")
    assert "2 images without a label" in capsys.readouterr().out


def test_the_same_picture_in_two_given_parts_is_found_as_a_leak(
    prepared, raw, write_picture
):
    write_picture(raw / "train/oak/1.png", 1)
    write_picture(raw / "test/oak/2.png", 1, compress_level=0)
    write_picture(raw / "test/elm/3.png", 3)
    index = read_index(prepared("folders", levels=("split", "fine")))
    leaks = find_leaks(index, np.array(index.pixel_hashes), [])
    assert [leak[1:] for leak in leaks] == [
        ("test", "test/oak/2.png", "same picture", "train", "train/oak/1.png"),
        ("train", "train/oak/1.png", "same picture", "test", "test/oak/2.png"),
    ]


@pytest.mark.parametrize("name", ["given_group", "format", "given_part"])
def test_a_task_that_would_hide_a_column_of_the_index_is_refused(
    prepared, raw, write_picture, name
):
    write_picture(raw / "0.png", 0)
    write_table(raw, f"path,{name}\n0.png,x\n")
    assert name in refusal(prepared, "csv", table="labels.csv")


def test_every_suffix_is_in_lower_case():
    assert {suffix.lower() for suffix in IMAGE_SUFFIXES} == IMAGE_SUFFIXES


def groups_by(paths, pattern):
    listing = Listing(Path(), [Row(path, (("a",),)) for path in paths], {"kind": None})
    return [row.given_group for row in group_by_pattern(listing, pattern).rows]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"(p\d+)_", ["p1", "p1", "p22", ""]),
        (r"p\d+(?=_)", ["p1", "p1", "p22", ""]),
        (r"(p1)_|(p22)_", ["p1", "p1", "p22", ""]),
        (r"(p\d+)_|(healthy)", ["p1", "p1", "p22", "healthy"]),
    ],
)
def test_a_pattern_names_the_groups_of_the_paths_it_matches(pattern, expected, capsys):
    paths = ["a/p1_0.png", "a/p1_1.png", "b/p22_0.png", "b/healthy.png"]
    assert groups_by(paths, pattern) == expected
    is_noted = "does not match 1 paths" in capsys.readouterr().out
    assert is_noted == ("" in expected)


def test_a_pattern_that_matches_nothing_is_refused():
    with pytest.raises(InputError, match=r"data\.group_pattern: .* matches none of"):
        groups_by(["a/1.png"], "patient")


def test_a_level_can_name_the_groups(prepared, raw, write_picture):
    for number, patient in enumerate(["ann", "ann", "bob"]):
        state = "well" if patient == "bob" else "ill"
        write_picture(raw / state / patient / f"{number}.png", number)
    index = read_index(prepared("folders", levels=("state", "who"), group="who"))
    assert [task.name for task in index.tasks] == ["state"]
    assert index.given_groups == ["ann", "ann", "bob"]


def test_a_column_can_name_the_groups(prepared, raw, write_picture):
    write_picture(raw / "0.png", 0)
    write_picture(raw / "1.png", 1)
    write_table(raw, "path,kind,patient no\n0.png,x,7\n1.png,y,7\n")
    index = read_index(prepared("csv", table="labels.csv", group="patient no"))
    assert [task.name for task in index.tasks] == ["kind"]
    assert index.given_groups == ["7", "7"]


def test_levels_that_are_slices_are_no_tasks_and_stand_in_the_index(
    prepared, raw, write_picture
):
    for number, site in enumerate(["north", "north", "south"]):
        kind = "well" if number else "ill"
        write_picture(raw / kind / site / f"{number}.png", number)
    index = read_index(prepared("folders", levels=("kind", "site"), slices=("site",)))
    assert [task.name for task in index.tasks] == ["kind"]
    by_path = dict(zip(index.paths, index.slices["site"], strict=True))
    assert by_path == {
        "ill/north/0.png": "north",
        "well/north/1.png": "north",
        "well/south/2.png": "south",
    }


def test_columns_that_are_slices_are_no_tasks_and_may_be_empty_and_the_group(
    prepared, raw, write_picture
):
    for number in range(2):
        write_picture(raw / f"{number}.png", number)
    write_table(raw, "path,kind,camera no,site\n0.png,x,7,\n1.png,y,,b\n")
    index = read_index(
        prepared("csv", table="labels.csv", group="site", slices=("camera no", "site"))
    )
    assert [task.name for task in index.tasks] == ["kind"]
    assert index.slices == {"camera no": ["7", ""], "site": ["", "b"]}
    assert index.given_groups == ["", "b"]


def test_a_slice_that_no_column_has_is_refused(read, three):
    write_table(three, "path,fine\na.jpg,oak\nb.jpg,elm\n")
    message = refusal(read, "csv", table="labels.csv", slices=("camera",))
    assert "camera" in message


def test_a_path_in_two_slices_is_a_conflict_that_names_the_slice(read, three):
    write_table(three, "path,fine,camera\na.jpg,oak,1\na.jpg,oak,2\n")
    message = refusal(read, "csv", table="labels.csv", slices=("camera",))
    assert "must have one slice, got 1 named again with another: a.jpg." in message
