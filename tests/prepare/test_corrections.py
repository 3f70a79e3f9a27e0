"""A file of corrections excludes and relabels images; the raw folder stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap import registry
from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.storage.tables import read_table, write_table
from headswap.errors import InputError
from headswap.prepare.choice import choose
from headswap.prepare.corrections import COLUMNS
from headswap.prepare.listing import Row
from headswap.prepare.stage import prepare_images

ROWS = [
    Row("a/1.jpg", (("cat",), ("big", "old"))),
    Row("a/2.jpg", (("cat",), ())),
    Row("b/3.jpg", (("dog",), ("old",))),
    Row("b/H\N{COMBINING DIAERESIS}.jpg", (("",), ("big",))),
]
ROWS[3] = Row(ROWS[3].path, ((), ("big",)))
KINDS = {"kind": "multiclass", "tags": "multilabel"}


@pytest.fixture(scope="session")
def correct(section, tmp_path_factory):
    """correct(text, kinds, **changes): what is kept and left out of ROWS."""
    folder = tmp_path_factory.mktemp("project")

    def call(text, rows=ROWS, kinds=KINDS, **changes):
        (folder / "corrections.csv").write_text(text, encoding="utf-8")
        file = str(folder / "corrections.csv")
        return choose(rows, kinds, section("data", corrections=file, **changes))

    return call


HEADER = ",".join(COLUMNS) + "\n"


def refusals(correct, text, **changes):
    with pytest.raises(InputError) as caught:
        correct(text, **changes)
    return str(caught.value).splitlines()


def test_images_are_excluded_with_the_reason(correct, capsys):
    kept, left_out = correct(HEADER + 'a/2.jpg,exclude,,,"blurred, dark"\n')
    assert kept == [ROWS[0], *ROWS[2:]]
    assert left_out == [("a/2.jpg", "excluded by data.corrections: blurred, dark")]
    assert (
        "corrections.csv: 1 images excluded, 0 relabelled\n" in capsys.readouterr().out
    )


def test_images_are_relabelled_task_by_task(correct, capsys):
    lines = "a/1.jpg,relabel,kind,dog,\na/1.jpg,relabel,tags,old,\n"
    lines += "b/3.jpg,relabel,tags,big|old,looked\na/2.jpg,relabel,tags,,\n"
    kept, left_out = correct(HEADER + lines)
    assert [row.labels for row in kept] == [
        (("dog",), ("old",)),
        (("cat",), ()),
        (("dog",), ("big", "old")),
        ROWS[3].labels,
    ]
    assert left_out == []
    assert "0 images excluded, 3 relabelled" in capsys.readouterr().out


def test_a_label_that_was_lacking_can_be_given(correct):
    kept, _ = correct(HEADER + f"{ROWS[3].path},relabel,kind,dog,\n")
    assert kept[3].labels == (("dog",), ("big",))


@pytest.mark.parametrize("path", ["./a/1.jpg", "a\\1.jpg"])
def test_paths_may_be_written_in_other_ways(correct, path):
    assert len(correct(HEADER + f"{path},exclude,,,\n")[0]) == 3


def test_a_file_with_a_backslash_in_its_name_is_the_one_that_is_meant(correct):
    rows = [Row("a/1.jpg", (("cat",),)), Row("a\\1.jpg", (("dog",),))]
    kept, _ = correct(HEADER + "a\\1.jpg,exclude,,,\n", rows, {"kind": "multiclass"})
    assert kept == rows[:1]


def test_paths_may_have_another_unicode_form(correct):
    assert (
        len(
            correct(
                HEADER + "b/\N{LATIN CAPITAL LETTER H WITH DIAERESIS}.jpg,exclude,,,\n"
            )[0]
        )
        == 3
    )


@pytest.mark.parametrize("mark", [";", "\t"])
def test_columns_may_have_any_order_and_some_may_lack(correct, mark):
    text = "class,path,action\ndog,a/1.jpg,relabel\n,b/3.jpg,exclude\n"
    rows = [Row(row.path, row.labels[:1]) for row in ROWS[:3]]
    kept, _ = correct(text.replace(",", mark), rows, {"kind": "multiclass"})
    assert kept == [Row("a/1.jpg", (("dog",),)), rows[1]]


def test_a_chosen_class_may_come_from_a_correction(correct):
    kept, left_out = correct(HEADER + "a/1.jpg,relabel,kind,dog,\n", classes=("dog",))
    assert [row.path for row in kept] == ["a/1.jpg", "b/3.jpg", ROWS[3].path]
    assert left_out == [("a/2.jpg", "has no chosen class")]


def test_lines_without_an_action_are_passed_over_and_counted(correct, capsys):
    lines = "a/1.jpg,,kind,dog,seen as dog\na/2.jpg,exclude,,,\ngone.jpg, ,,,\n"
    kept, left_out = correct(HEADER + lines)
    assert kept == [ROWS[0], *ROWS[2:]]
    assert [path for path, _ in left_out] == ["a/2.jpg"]
    printed = capsys.readouterr().out
    assert "note: 2 lines of" in printed
    assert "corrections.csv have no action and change nothing" in printed


def test_everything_that_is_unknown_is_refused_at_once(correct):
    lines = [
        "gone.jpg,exclude,,,",
        "a/1.jpg,delete,,,",
        "a/1.jpg,relabel,colour,red,",
        "a/1.jpg,relabel,,dog,",
        "a/1.jpg,relabel,kind,dgo,",
        "a/2.jpg,relabel,kind,,",
        "b/3.jpg,relabel,tags,old|odl,",
    ]
    found = refusals(correct, HEADER + "\n".join(lines), root="raw")
    assert [line.split(": ", 1)[1].rsplit(". ", 1)[0] for line in found] == [
        "the path must be of a labelled image below raw, got 'gone.jpg'",
        "the action must be exclude or relabel, got 'delete'",
        "the task must be kind or tags, got 'colour'",
        "the task must be kind or tags, got ''",
        "the class must be one of kind: cat, dog, got 'dgo'",
        "the class must be one of kind: cat, dog, got ''",
        "the class must be one of tags: big, old, got 'odl'",
    ]
    assert found[0].startswith("corrections.csv, line 2: ")


@pytest.mark.parametrize(
    "second",
    ["a/1.jpg,exclude,,,", "a/1.jpg,relabel,kind,dog,", "a/1.jpg,relabel,kind,cat,"],
)
@pytest.mark.parametrize("first", ["a/1.jpg,exclude,,,", "a/1.jpg,relabel,kind,dog,"])
def test_one_image_is_corrected_once(correct, first, second):
    [fault] = refusals(correct, f"{HEADER}{first}\n{second}\n")
    assert (
        "line 3: an image must be corrected once, as in corrections.csv, line" in fault
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "must have a header of path, action, task, class, reason, got nothing"),
        ("a/1.jpg,exclude\n", "got a/1.jpg, exclude. Write it in the first line"),
        ("path,action,why\n", "got path, action, why."),
        ("path,action,action\n", "got path, action, action."),
        ("path,action\na/1.jpg,exclude,x\n", "line 2: it must have 2 cells, got 3."),
    ],
)
def test_a_file_without_its_header_is_refused(correct, text, expected):
    assert expected in refusals(correct, text)[0]


def test_a_missing_file_is_refused(section):
    with pytest.raises(InputError, match=r"data\.corrections: nowhere\.csv must be"):
        choose(ROWS, KINDS, section("data", corrections="nowhere.csv"))


@given(st.lists(st.sampled_from([row.path for row in ROWS]), unique=True))
def test_exclusions_leave_all_other_images_as_they_are(correct, paths):
    kept, left_out = correct(HEADER + "".join(f"{path},exclude,,,\n" for path in paths))
    assert kept == [row for row in ROWS if row.path not in paths]
    assert [path for path, _ in left_out] == paths


@pytest.mark.parametrize("layout", registry.names("prepare/layouts"))
def test_every_layout_is_corrected(section, tmp_path, write_picture, layout):
    xml = "<annotation><object><name>{}</name></object></annotation>"
    kinds = {"1": "cat", "2": "dog", "3": "cat"}
    for number, (name, kind) in enumerate(kinds.items()):
        folder = {"voc": "JPEGImages", "csv": "."}.get(layout, kind)
        write_picture(tmp_path / "raw" / folder / f"{name}.png", number)
        if layout == "voc":
            (tmp_path / "raw/Annotations").mkdir(exist_ok=True)
            file = tmp_path / f"raw/Annotations/{name}.xml"
            file.write_text(xml.format(kind))
    path = {"voc": "JPEGImages/3.png", "csv": "3.png"}.get(layout, "cat/3.png")
    options = {"root": str(tmp_path / "raw"), "layout": layout, "levels": ("kind",)}
    if layout == "csv":
        rows = [f"{name}.png,{kind}\n" for name, kind in kinds.items()]
        (tmp_path / "raw/labels.csv").write_text("path,kind\n" + "".join(rows))
        options["table"] = "labels.csv"
    file = tmp_path / "corrections.csv"
    write_table(file, ["path", "action", "class"], [(path, "relabel", "dog")])
    data = section("data", corrections=str(file), **options)
    listing = registry.load("prepare/layouts", layout).read(data)
    assert {row.path: row.labels for row in listing.rows}[path] == (("dog",),)


def test_prepare_lists_what_was_excluded(
    section, tmp_path, pictures, inputs_of_prepare
):
    path = "category0/landmark0/00.png"
    file = tmp_path / "corrections.csv"
    write_table(file, COLUMNS, [(path, "exclude", "", "", "-a sketch")])
    options = {"root": str(pictures), "corrections": str(file)}
    data = section("data", levels=("category", "landmark"), **options)
    output = tmp_path / "prepared"
    prepare_images(inputs_of_prepare, data, section("prepare", image_size=16), output)
    assert path not in read_index(output).paths
    rejected = read_table(output / "rejected.csv")
    assert rejected["reason"] == ["excluded by data.corrections: -a sketch"]
