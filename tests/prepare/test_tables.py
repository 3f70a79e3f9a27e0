"""Tables as people have them: read right, or refused with words that lead to a run."""

import re

import pytest

from headswap.errors import InputError
from headswap.prepare.layouts import csv
from headswap.prepare.tables.roles import looks_like


@pytest.fixture
def read(section, tmp_path):
    """read(text, **changes): what is listed of six images and a table of that text."""

    def call(text, **changes):
        for name in "abcdef":
            (tmp_path / f"{name}.jpg").write_bytes(b"no picture")
        (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
        options = {"root": str(tmp_path), "layout": "csv", "table": "labels.csv"}
        return csv.read(section("data", **options | changes))

    return call


def refusal(read, *arguments, **changes):
    with pytest.raises(InputError) as caught:
        read(*arguments, **changes)
    return str(caught.value)


def advised(message):
    """The lists that a message says to set, by parameter."""
    found = re.findall(r"data\.(columns|tasks)=\[([^]]*)\]", message)
    assert found, message
    return {name: tuple(value.split(",")) for name, value in found}


def labels_of(listing):
    return {row.path[0]: row.labels for row in listing.rows}


CATS = {"a": (("cat",),), "b": (("dog",),)}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("filepath,category\na.jpg,cat\nb.jpg,dog\n", "path,category"),
        ("Class Name;Image\ncat;a.jpg\ndog;b.jpg\n", "Class_Name,path"),
        ("a.jpg,cat\nb.jpg,dog\n", "path,label"),
        ("cat\ta.jpg\ndog\tb.jpg\n", "label,path"),
        ("a.jpg -> cat\nb.jpg -> dog\n", "path,_,label"),
        ("name,Follow-up,Patient ID\na.jpg,0,1\nb.jpg,1,1\n", "path,Follow_up,_"),
        (",image,Rasse/Art\n0,a.jpg,cat\n1,b.jpg,dog\n", "_,path,Rasse_Art"),
        ("id,path,a b\n0,a.jpg,cat\n1,b.jpg,dog\n", "_,path,a_b"),
        ("file,kind,patient\na.jpg,cat,7\nb.jpg,dog,8\n", "path,kind,_"),
        ("file,kind,subset\na.jpg,cat,train\nb.jpg,dog,test\n", "path,kind,split"),
        ("file,kind,kind\na.jpg,cat,x\nb.jpg,dog,y\n", "path,kind,kind3"),
    ],
)
def test_columns_of_other_names_are_refused_and_the_advice_works(read, text, columns):
    advice = advised(refusal(read, text))
    assert advice == {"columns": tuple(columns.split(","))}
    listing = read(text, **advice)
    assert [row.path for row in listing.rows] == ["a.jpg", "b.jpg"]
    assert listing.rows[0].labels[-1] in {("cat",), ("x",), ("0",)}
    if "split" in columns:
        assert [row.given_part for row in listing.rows] == ["train", "test"]


def test_a_header_is_no_row_whatever_the_columns_are_called(read, capsys):
    text = "filepath,category\na.jpg,cat\nb.jpg,dog\n"
    assert labels_of(read(text, columns=("path", "kind"))) == CATS
    assert "line 1 is its header: filepath, category" in capsys.readouterr().out


def test_a_first_row_whose_image_is_missing_is_no_header(read):
    text = "gone.jpg,cat\nb.jpg,dog\n"
    assert "got 1 missing: gone.jpg" in refusal(read, text, columns=("path", "kind"))


@pytest.mark.parametrize("columns", [("path", "kind"), ("path", "kind", "path2", "x")])
def test_columns_in_another_order_or_number_are_refused_with_theirs(read, columns):
    text = "id,kind,path\n1,cat,a.jpg\n2,dog,b.jpg\n"
    message = refusal(read, text, columns=columns)
    assert "must name every column of labels.csv, in order, got path, kind" in message
    assert labels_of(read(text, **advised(message))) == CATS


def test_columns_that_swap_the_names_of_the_header_are_refused(read):
    message = refusal(read, "kind,path\ncat,a.jpg\n", columns=("path", "kind"))
    assert advised(message) == {"columns": ("kind", "path")}


def test_several_columns_can_be_skipped(read):
    text = "7,a.jpg,x,cat\n8,b.jpg,y,dog\n"
    assert labels_of(read(text, columns=("_", "path", "_", "kind"))) == CATS


def test_a_table_whose_paths_are_no_files_says_so(read):
    message = refusal(read, "image,kind\nx1,cat\nx2,dog\n")
    assert "None of its columns names files below" in message


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("Patient ID", (), "what belongs together"),
        ("subset", (), "a part"),
        ("x", ("train", "val"), "a part"),
        ("class_id", (), "an id"),
        ("x", ("2024-01-03", "2023-11-30"), "a date"),
        ("x", ("0.25", "1.5"), "a measure"),
        ("q", ("0.0", "1.0", "-1.0"), ""),
        ("code", tuple(map(str, range(15))), "an id: 15 values in 20 rows"),
        ("kind", ("cat", "dog"), ""),
        *((name, ("True", "False"), "a part") for name in ("is_valid", "is_test")),
        *((name, ("0", "1"), "a part") for name in ("isTrain", "is_train", "test")),
        *((name, ("0", "1", "2"), "a part") for name in ("kfold", "cv_fold", "folds")),
        *((name, ("10", "57"), "a measure") for name in ("x1", "y_max", "box top")),
        ("left", ("yes", "no"), ""),
        ("Patientin", ("Anna", "Eva"), "what belongs together"),
        *((name, ("1", "2"), "what belongs together") for name in ("MRN", "slide")),
        ("annotator", ("me", "you"), "who labelled"),
        ("age", ("40", "41"), "a measure"),
        ("grade", ("1", "2", "3"), ""),
    ],
)
def test_columns_that_are_no_tasks_are_known(name, values, expected):
    assert looks_like(name, values, 20) == expected


def rows_of(*columns):
    return "\n".join(",".join(cells) for cells in zip(*columns, strict=True))


PATHS = ("path", *(f"{name}.jpg" for name in "abcdef"))
KIND = ("kind", "cat", "dog", "cat", "dog", "cat", "dog")


@pytest.mark.parametrize(
    ("column", "expected", "more"),
    [
        (("subset", *"aabbab"), "subset (a part)", "name subset split in data.columns"),
        (("x", *["train", "test"] * 3), "x (a part)", "name x split in data.columns"),
        (("Patient", *"112233"), "(what belongs together)", "data.group=Patient"),
        (("image_id", *"123456"), "image_id (an id)", ""),
        (("taken", *["2024-05-06", "2023-01-02"] * 3), "taken (a date)", ""),
        (("notes", "", "blurred", "", "", "", ""), "notes (text)", ""),
    ],
)
def test_a_column_that_may_be_no_task_is_refused_and_the_advice_works(
    read, column, expected, more
):
    text = rows_of(PATHS, KIND, column)
    message = refusal(read, text)
    assert expected in message
    assert more in message
    assert advised(message) == {"tasks": ("kind",)}
    assert list(read(text, tasks=("kind",)).kinds) == ["kind"]
    if "data.group" in more:
        listing = read(text, tasks=("kind",), group="Patient")
        assert [row.given_group for row in listing.rows] == list("112233")
    if column[0] == "x":
        listing = read(text, columns=("path", "kind", "split"))
        assert {row.given_part for row in listing.rows} == {"train", "test"}


@pytest.mark.parametrize(
    ("column", "parts"),
    [
        (
            ("is_valid", *["True", "False"] * 3),
            {"True": "validation", "False": "train"},
        ),
        (("is_test", *"100100"), {"1": "test", "0": "train"}),
        (("kfold", *"012012"), {"0": "test", "1": "train", "2": "train"}),
    ],
)
def test_a_column_that_says_who_is_in_a_part_is_refused_and_the_advice_works(
    read, column, parts
):
    text = rows_of(PATHS, KIND, column)
    message = refusal(read, text)
    assert f"{column[0]} (a part). Set data.tasks=[kind]; to read" in message
    advice = f"name {column[0]} split in data.columns, and say in data.parts what its "
    advice += f"cells stand for, such as `'{min(parts)}': train`."
    assert advice in message
    assert list(read(text, tasks=("kind",)).kinds) == ["kind"]
    columns = ("path", "kind", "split")
    message = refusal(read, text, columns=columns)
    assert f"such as `'{min(parts)}': train`" in message
    listing = read(text, columns=columns, parts=parts)
    assert [row.given_part for row in listing.rows] == [parts[c] for c in column[1:]]


def test_advice_names_no_coordinates_and_no_groups_as_tasks(read):
    boxes = [
        (name, *numbers)
        for name, numbers in (
            ("x1", "123456"),
            ("y1", "234567"),
            ("x2", "345678"),
            ("y2", "456789"),
        )
    ]
    message = refusal(read, rows_of(PATHS, KIND, *boxes, ("Patientin", *"AABBCC")))
    assert advised(message) == {"tasks": ("kind",)}
    assert "with data.group=Patientin to keep" in message
    message = refusal(read, rows_of(PATHS, *boxes))
    assert message.endswith("Add a column of classes, and name it in data.tasks.")


def test_a_group_is_advised_as_a_task_only_where_nothing_else_may_be(read):
    text = rows_of(PATHS, ("site", *"aabbcc"), ("notes", *"xyxyxy"), ("MRN", *"112233"))
    message = refusal(read, text)
    assert "such as data.tasks=[notes], with data.group=site (or MRN) to" in message
    listing = read(text, tasks=("notes",), group="MRN")
    assert [row.given_group for row in listing.rows] == list("112233")


def test_a_train_among_columns_of_0_and_1_is_a_class_and_is_test_is_none(read):
    flags = [("train", *"101010"), ("car", *"010101"), ("bus", *"011001")]
    text = rows_of(PATHS, *flags, ("is_test", *"000011"))
    message = refusal(read, text)
    assert "train (0 or 1), car (0 or 1), bus (0 or 1), is_test (a part)" in message
    settings = "+data.one_hot.labels=[train,car,bus] and data.tasks=[labels]."
    assert message.endswith(settings)
    one_hot = {"labels": ("train", "car", "bus")}
    assert list(read(text, one_hot=one_hot, tasks=("labels",)).kinds) == ["labels"]


def test_many_distinct_values_are_no_classes(read, tmp_path):
    lines = ["path,kind,code"]
    for number in range(15):
        (tmp_path / f"{number}.jpg").write_bytes(b"no picture")
        lines.append(f"{number}.jpg,{'cat' if number % 2 else 'dog'},c{number}")
    message = refusal(read, "\n".join(lines))
    assert "code (an id: 15 values in 15 rows)" in message


def test_columns_that_are_all_unclear_are_refused_with_an_example(read):
    text = rows_of(PATHS, ("site", *"aabbcc"), ("owner", *"ababab"))
    message = refusal(read, text)
    assert "Set data.tasks to the tasks, such as data.tasks=[site]" in message
    assert list(read(text, tasks=("site",)).kinds) == ["site"]


def test_the_tasks_that_were_taken_are_printed(read, capsys):
    read(rows_of(PATHS, KIND, ("colour", *"rgrgrg")))
    assert "labels.csv: the tasks are kind, colour; data" in capsys.readouterr().out


def test_the_only_column_is_the_task_whatever_it_is_called(read):
    assert list(read(rows_of(PATHS, ("subset", *"ababab"))).kinds) == ["subset"]
