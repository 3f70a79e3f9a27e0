"""Lists and tables as people keep them: what separates cells, names without suffix."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap import registry
from headswap.errors import InputError
from headswap.prepare.choice import choose
from headswap.prepare.listing import Listing, Row
from headswap.prepare.no_data import leave_out
from headswap.prepare.tables.delimiter import read_cells

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Hütte") for form in ("NFC", "NFD"))


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


@pytest.fixture
def read(section, raw):
    """read(text, files, **changes): what is listed of files and a table of a text."""

    def call(text="", files=("a.jpg", "b.jpg", "c.jpg"), layout="csv", **changes):
        for name in files:
            (raw / name).parent.mkdir(parents=True, exist_ok=True)
            (raw / name).write_bytes(b"no picture")
        if text:
            (raw / "labels.csv").write_text(text, encoding="utf-8")
            changes = {"table": "labels.csv"} | changes
        options = section("data", **{"root": str(raw), "layout": layout} | changes)
        return registry.load("prepare/layouts", layout).read(options)

    return call


def refusal(read, *arguments, **changes):
    with pytest.raises(InputError) as caught:
        read(*arguments, **changes)
    return str(caught.value)


def labels_of(listing):
    return {row.path: row.labels for row in listing.rows}


KINDS = {"a.jpg": (("cat, tabby",),), "b.jpg": (("dog",),)}


@pytest.mark.parametrize(
    "text",
    [
        'path,kind\na.jpg,"cat, tabby"\nb.jpg,dog\n',
        "path\tkind\na.jpg\tcat, tabby\nb.jpg\tdog\n",
        "path;kind\na.jpg;cat, tabby\nb.jpg;dog\n",
        'path kind\na.jpg "cat, tabby"\nb.jpg   dog\n',
        'path kind \n a.jpg \t"cat, tabby" \nb.jpg\tdog\n\n',
    ],
)
def test_the_delimiter_that_fits_all_lines_is_found(read, text):
    assert labels_of(read(text)) == KINDS


@pytest.mark.parametrize("mark", [",", ";", "\t", " "])
def test_a_delimiter_in_every_name_is_told_by_the_paths(read, mark):
    other = "\t" if mark != "\t" else ","
    text = f"a.jpg{other}cat{mark}tabby\nb.jpg{other}dog{mark}hound\n"
    found = labels_of(read(text, columns=("path", "kind")))
    assert found == {
        "a.jpg": ((f"cat{mark}tabby",),),
        "b.jpg": ((f"dog{mark}hound",),),
    }


def test_a_list_of_paths_with_commas_and_ids_behind_a_space_is_read(read):
    files = ("a,1.jpg", "b.jpg", "c,2,3.jpg")
    listing = read("a,1.jpg 0\nb.jpg 1\nc,2,3.jpg 0\n", files, columns=("path", "kind"))
    assert labels_of(listing) == {
        "a,1.jpg": (("0",),),
        "b.jpg": (("1",),),
        "c,2,3.jpg": (("0",),),
    }


def test_spaces_in_paths_separate_nothing_where_a_comma_fits(read):
    text = "my a.jpg,cat\nmy b.jpg,dog\n"
    listing = read(text, ("my a.jpg", "my b.jpg"), columns=("path", "kind"))
    assert labels_of(listing) == {"my a.jpg": (("cat",),), "my b.jpg": (("dog",),)}


@pytest.mark.parametrize("delimiter", ["|", "^", ";"])
def test_a_delimiter_can_be_set(read, delimiter):
    text = f"path{delimiter}kind\na.jpg{delimiter}cat, tabby\nb.jpg{delimiter}dog\n"
    assert labels_of(read(text, delimiter=delimiter)) == KINDS


def test_a_line_that_fits_no_delimiter_is_named_as_before(read):
    message = refusal(read, "path,kind\na.jpg,cat\nb.jpg,dog,hound\n")
    assert message.startswith("labels.csv, line 3: it must have 2 cells, got 3.")
    message = refusal(read, "a.jpg 0\nb b.jpg 1\n", columns=("path", "kind"))
    assert message.startswith("labels.csv, line 2: it must have 2 cells, got 3.")


# What advice leads to


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
@pytest.mark.parametrize("which", ["table", "class_names", "corrections"])
def test_another_encoding_is_named_and_saving_as_utf_8_helps(
    read, raw, which, encoding
):
    texts = {
        "table": "path,k\xefnd\na.jpg,0\nb.jpg,1\n",
        "class_names": "0 k\xe4fer\n1 fl\xf6he\n",
        "corrections": "path,action,reason\na.jpg,exclude,gr\xfcn\n",
    }
    if encoding == "utf-16-le":  # Which is UTF-8, too, with NUL between the letters.
        texts = {name: ascii(text)[1:-1] for name, text in texts.items()}
        texts = {name: text.replace("\\n", "\n") for name, text in texts.items()}
    files = {name: raw / f"{name}.txt" for name in texts}
    for name, text in texts.items():
        files[name].write_text(text, encoding if name == which else "utf-8")
    options = {
        "table": "table.txt",
        "columns": ("path", "kind"),
        "class_names": {"kind": "class_names.txt"},
        "corrections": str(files["corrections"]),
    }
    message = refusal(read, **options)
    assert message.startswith(f"data.{which}: {files[which]} must be a readable UTF-8")
    assert "Save it as UTF-8" in message
    files[which].write_text(texts[which], encoding="utf-8")
    name = texts["class_names"].split()[-1]
    assert labels_of(read(**options)) == {"b.jpg": ((name,),)}


def test_a_bar_parts_cells_where_these_then_name_files(read):
    text = "path|kind\na.jpg|cat, tabby\nb.jpg|dog\n"
    assert labels_of(read(text)) == KINDS
    assert labels_of(read(text[10:], columns=("path", "kind"))) == KINDS
    assert "data.columns=[path,label]" in refusal(read, text[10:])
    message = refusal(read, text + "c.jpg|dog|hound\n")
    assert message.startswith("labels.csv, line 4: it must have 2 cells, got 3.")
    text = "path,tags\na.jpg,red|old\nb.jpg,red|new\n"
    assert labels_of(read(text, multilabel=("tags",)))["a.jpg"] == (("red", "old"),)


@pytest.mark.parametrize(
    ("text", "delimiter", "setting"),
    [
        ("a.jpg^cat, tabby\nb.jpg^dog\n", None, '"^"'),
        ('a.jpg,"cat, tabby"\nb.jpg,dog\n', ";", "comma"),
    ],
)
def test_an_unusual_mark_is_named_with_the_columns(read, text, delimiter, setting):
    message = refusal(read, text, delimiter=delimiter)
    assert f"Set data.delimiter={setting}. Set data.columns=[path,label]" in message
    options = {"delimiter": setting.strip('"').replace("comma", ",")}
    assert labels_of(read(text, columns=("path", "label"), **options)) == KINDS


@pytest.mark.parametrize(
    "first", ["sep=,", '"sep=,"', "SEP=;", "sep=\t", "sep=^", "sep=;;"]
)
def test_the_line_that_names_the_delimiter_is_read_past(read, first):
    mark = first.strip('"')[-1]
    text = f'{first}\r\npath{mark}kind\r\na.jpg{mark}"cat, tabby"\r\nb.jpg{mark}dog\r\n'
    assert labels_of(read(text)) == KINDS
    assert labels_of(read(text, columns=("path", "kind"))) == KINDS
    message = refusal(read, f"{text}c.jpg\r\n")
    assert message.startswith("labels.csv, line 5: it must have 2 cells, got 1.")


@pytest.mark.parametrize("header", ["", "path,kind\n", "file,kind\n"])
def test_a_comma_in_a_path_is_to_be_quoted_and_that_helps(read, header):
    files = ("my, a.jpg", "b,1.jpg", "c.jpg")
    text = f"{header}my, a.jpg,cat\nb,1.jpg,dog\nc.jpg,cat\n"
    message = refusal(read, text, files)
    assert "Write quotes around each path with ',' in it: \"my, a.jpg\"." in message
    quoted = text.replace("my, a.jpg", '"my, a.jpg"').replace("b,1.jpg", '"b,1.jpg"')
    columns = None
    if header != "path,kind\n":
        columns = ("path", "label" if not header else "kind")
        assert f"Set data.columns=[{','.join(columns)}]" in message
    found = labels_of(read(quoted, files, columns=columns))
    assert found == {files[0]: (("cat",),), files[1]: (("dog",),), "c.jpg": (("cat",),)}


def test_lists_in_a_task_of_one_class_are_noted_with_what_reads_them(read, capsys):
    text = "path\tkind\na.jpg\t['red', 'warm']\nb.jpg\t['red']\n"
    assert labels_of(read(text))["b.jpg"] == (("['red']",),)
    assert "several classes, set data.multilabel=[kind]." in capsys.readouterr().out
    assert labels_of(read(text, multilabel=("kind",)))["b.jpg"] == (("red",),)


@pytest.mark.parametrize("separator", ["|", ","])
def test_lists_as_programs_write_them_hold_several_classes(read, capsys, separator):
    cells = {
        "['red', 'very old']": ("red", "very old"),
        '["red"]': ("red",),
        "[\"don't, please\", 'red']": ("don't, please", "red"),
        "['red' 'old']": ("red", "old"),
        "{'red'}": ("red",),
        "('red',)": ("red",),
        "[]": (),
        "[red, 12]": ("red", "12"),
        "red": ("red",),
        "(red)": ("(red)",),
    }
    files = [f"{number}.jpg" for number in range(len(cells))]
    rows = [f"{name}\t{cell}" for name, cell in zip(files, cells, strict=True)]
    text = "\n".join(["path\ttags", *rows]).replace('"', '""')
    text = re.sub(r"\t(.*\[.*)", r'\t"\1"', text)
    listing = read(text, files, multilabel=("tags",), separator=separator)
    found = [row.labels[0] for row in listing.rows]
    assert found == list(cells.values())
    assert "note" not in capsys.readouterr().out


WORDS = st.text("ab,;|\t' ", max_size=5)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_cells_in_quotes_are_read_back_behind_spaces(rows):
    lines = ["  ".join(f'"{cell}"' for cell in row) + " \n" for row in rows]
    assert list(read_cells(lines, " ")) == rows


# Names of pictures


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".png", ".tif"])
def test_a_name_without_suffix_is_the_one_picture_of_that_name(read, capsys, suffix):
    files = (f"x/0001{suffix}", "x/0002.v2.png", "x/0001.txt")
    listing = read("path,kind\nx/0001,cat\nx/0002.v2,dog\n", files)
    assert labels_of(listing) == {files[0]: (("cat",),), files[1]: (("dog",),)}
    assert f"x/0001 for x/0001{suffix}" in capsys.readouterr().out
    assert listing.num_unlabelled == 0


def test_names_that_several_pictures_have_are_refused_with_them(read):
    files = ("1.jpg", "1.png", "2.gif", "2.tif", "3.png")
    message = refusal(read, "path,kind\n1,cat\n2,dog\n3,cat\n", files)
    assert "must stand for one file" in message
    assert "got 2 that may be several: 1 (1.jpg or 1.png), 2 (2.gif or 2" in message
    assert message.endswith("Write the suffix.")


def test_a_file_of_the_very_name_is_taken_before_others(read, capsys):
    assert list(labels_of(read("path,kind\n1,cat\n", ("1", "1.jpg")))) == ["1"]
    assert "note: 1 paths" not in capsys.readouterr().out


@pytest.mark.parametrize("start", ["", "./", "{raw}/"])
def test_a_file_with_a_backslash_in_its_name_comes_before_one_in_a_folder(
    read, raw, start
):
    cell = start.format(raw=raw) + "a/x\\y.jpg"
    both = ("a/x\\y.jpg", "a/x/y.jpg")
    assert list(labels_of(read(f"path,kind\n{cell},cat\n", both))) == [both[0]]
    (raw / both[0]).unlink()
    assert list(labels_of(read(f"path,kind\n{cell},cat\n", both[1:]))) == [both[1]]


def test_a_name_with_a_suffix_stands_for_no_other_file(read):
    assert "got 1 missing: 1.jpg" in refusal(read, "path,kind\n1.jpg,cat\n", ("1.png",))


@pytest.mark.parametrize(
    ("on_disk", "written"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)]
)
@pytest.mark.parametrize("suffix", ["", ".jpg"])
def test_names_in_the_other_unicode_form_are_found(read, on_disk, written, suffix):
    listing = read(
        f"path,kind\n{written}/{written}{suffix},x\n", [f"{on_disk}/{on_disk}.jpg"]
    )
    assert [row.path for row in listing.rows] == [f"{on_disk}/{on_disk}.jpg"]
    assert listing.num_unlabelled == 0


def test_names_that_differ_in_unicode_form_alone_keep_their_own_files(read):
    files = (f"{COMPOSED}.jpg", f"{DECOMPOSED}.jpg")
    listing = read(f"path,kind\n{files[0]},x\n{files[1]},y\n", files)
    assert labels_of(listing) == {files[0]: (("x",),), files[1]: (("y",),)}


@pytest.mark.parametrize(
    ("on_disk", "written"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)]
)
def test_image_sets_and_annotations_may_have_another_unicode_form(
    read, raw, on_disk, written
):
    files = (f"JPEGImages/{on_disk}.jpg", "ImageSets/Main/x", "Annotations/x")
    xml = "<annotation><object><name>dog</name></object></annotation>"
    for name in ("ImageSets/Main", "Annotations"):
        (raw / name).mkdir(parents=True)
    (raw / f"Annotations/{written}.xml").write_text(xml)
    (raw / "ImageSets/Main/train.txt").write_text(f"{written}\n", encoding="utf-8")
    listing = read(files=files, layout="voc")
    assert listing.rows == [Row(f"JPEGImages/{on_disk}.jpg", (("dog",),), "train")]


@pytest.mark.parametrize(
    ("on_disk", "written"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)]
)
def test_classes_and_exclusions_may_have_another_unicode_form(
    section, tmp_path, on_disk, written
):
    rows = [Row(f"{on_disk}/1.jpg", ((on_disk,),)), Row("b/2.jpg", (("b",),))]
    kept, _ = choose(rows, {"kind": "multiclass"}, section("data", classes=(written,)))
    assert kept == rows[:1]
    listing = Listing(tmp_path, rows, {"kind": "multiclass"})
    left = leave_out(listing, section("data", exclude=(f"{written}*",)))
    assert left.rows == rows[1:]


@pytest.mark.parametrize("suffix", [".jpg", ""])
def test_where_missing_files_are_in_one_folder_it_is_named_and_works(read, raw, suffix):
    text = f"path,kind\na{suffix},x\nb{suffix},y\n"
    files = ("in/side/a.jpg", "in/side/b.jpg", "other/a.jpg")
    message = refusal(read, text, files)
    assert (
        f"Files of these names are in in/side: set data.root={raw}/in/side," in message
    )
    found = read(text, files, root=str(raw / "in/side"), table="../../labels.csv")
    assert [row.path for row in found.rows] == ["a.jpg", "b.jpg"]
    text += f"c{suffix},x\n"
    assert "Add the files, remove the lines" in refusal(read, text, files)


# Several classes


@pytest.mark.parametrize("separator", [";", ",", " ", " + ", "|"])
def test_tags_are_separated_by_what_is_set(read, separator, capsys):
    text = f"path\ttags\na.jpg\tred{separator}old\nb.jpg\told\nc.jpg\t\n"
    listing = read(text, multilabel=("tags",), separator=separator)
    assert labels_of(listing) == {
        "a.jpg": (("red", "old"),),
        "b.jpg": (("old",),),
        "c.jpg": ((),),
    }
    assert "note" not in capsys.readouterr().out


def test_a_separator_that_no_cell_holds_is_noted_with_what_may_be_meant(read, capsys):
    text = "path\ttags\na.jpg\tred;old\nb.jpg\told\nc.jpg\t\n"
    read(text, multilabel=("tags",))
    printed = capsys.readouterr().out
    assert "note: no cell of tags holds '|', so no image has several classes" in printed
    assert "got red;old, old." in printed
    assert "such as data.separator=';'" in printed


ONE_HOT = "path,red,very old,kind\na.jpg,1,0,x\nb.jpg,1.0,True,y\nc.jpg,0,false,x\n"
OF_ONE_HOT = {"a.jpg": ("red",), "b.jpg": ("red", "very old"), "c.jpg": ()}


@pytest.mark.parametrize("names", [("red", "very old"), ("red", "*ery*")])
@pytest.mark.parametrize("columns", [None, ("path", "red", "very old", "kind")])
def test_columns_of_0_and_1_are_the_classes_of_one_task(read, names, columns):
    listing = read(ONE_HOT, one_hot={"tags": names}, columns=columns)
    assert listing.kinds == {"kind": "multiclass", "tags": "multilabel"}
    assert {row.path: row.labels[1] for row in listing.rows} == OF_ONE_HOT
    listing = read(ONE_HOT, one_hot={"tags": names}, tasks=("tags",), columns=columns)
    assert listing.kinds == {"tags": "multilabel"}
    assert {row.path: row.labels[0] for row in listing.rows} == OF_ONE_HOT


@pytest.mark.parametrize("word", ["nan", "NA", "None", "null", "N/A"])
def test_words_for_nothing_are_noted_and_the_advice_works(read, capsys, word):
    text = f"path,kind,hue\na.jpg,cat,red\nb.jpg,{word},blue\nc.jpg,{word},red\n"
    one = {"tasks": ("kind",)}
    for changes, advice in (
        (one, "remove these lines, or name all other classes in data.classes."),
        ({}, "empty these cells."),
        (one | {"multilabel": ("kind",)}, "empty these cells."),
    ):
        read(text, **changes)
        expected = f"note: 2 cells of kind hold {word!r}, which counts as a class. If"
        printed = capsys.readouterr().out
        assert f"{expected} it stands for no label, {advice}" in printed
        if changes == one:
            listing = read(text, **one, classes=("cat",))
            assert labels_of(listing) == {"a.jpg": (("cat",),)}
        else:
            listing = read(text.replace(word, ""), **changes)
            assert [row.labels[0] for row in listing.rows] == [("cat",), (), ()]
        capsys.readouterr()


FLAGS = [
    ("1", "0"),
    ("1", "-1"),
    ("Yes", "no"),
    ("TRUE", "false"),
    ("y", "N"),
    ("T", "F"),
    ("1", ""),
    ("x", ""),
]


def of_kind(yes, no):
    return f"path,red,old\na.jpg,{yes},{no}\nb.jpg,{yes},{yes}\nc.jpg,{no},{no}\n"


@pytest.mark.parametrize(("yes", "no"), FLAGS)
def test_columns_may_say_who_has_a_class_in_any_usual_way(read, yes, no):
    listing = read(of_kind(yes, no), one_hot={"tags": ("red", "old")})
    assert [row.labels[0] for row in listing.rows] == [("red",), ("red", "old"), ()]


@pytest.mark.parametrize(("yes", "no"), FLAGS)
def test_columns_of_yes_and_no_are_no_tasks_and_the_advice_works(read, yes, no):
    message = refusal(read, of_kind(yes, no))
    assert message.endswith("one task of them: +data.one_hot.labels=[red,old].")
    listing = read(of_kind(yes, no), one_hot={"labels": ("red", "old")})
    assert [row.labels[0] for row in listing.rows] == [("red",), ("red", "old"), ()]


def test_advice_for_columns_of_yes_and_no_leaves_no_error_behind(read):
    rows = ["path,labels,young,old,red,blue,is_test,sick,fat"]
    rows += ["a.jpg,x,1,0,yes,no,True,0,1", "b.jpg,y,0,1,yes,yes,False,1,"]
    text = "\n".join([*rows, "c.jpg,x,0,1,no,no,False,,0"])
    message = refusal(read, text)
    assert "red (no or yes)" in message
    assert (
        "+data.one_hot.labels_=[young,old] and +data.one_hot.labels__=[red,blue] and "
        "data.tasks=[labels,labels_,labels__]; to have sick, fat so, fill in"
    ) in message
    listing = read(
        text,
        one_hot={"labels_": ("young", "old"), "labels__": ("red", "blue")},
        tasks=("labels", "labels_", "labels__"),
    )
    assert [row.labels for row in listing.rows] == [
        (("x",), ("young",), ("red",)),
        (("y",), ("old",), ("red", "blue")),
        (("x",), ("old",), ()),
    ]


@pytest.mark.parametrize("path", ["image_id", "path"])
def test_columns_as_of_celeba_are_advised_in_one_step(read, path):
    text = f"{path},5_o_Clock_Shadow,No_Beard,7\na.jpg,1,-1,-1\nb.jpg,-1,1,1\n"
    message = refusal(read, text)
    columns = ("5_o_Clock_Shadow", "No_Beard", "class_7")
    assert (
        f"Set data.columns=[path,{','.join(columns)}] and "
        f"+data.one_hot.labels=[{','.join(columns)}]"
    ) in message
    options = {"columns": ("path", *columns), "one_hot": {"labels": columns}}
    listing = read(text, **options)
    assert [row.labels[0] for row in listing.rows] == [columns[:1], columns[1:]]


@pytest.mark.parametrize("cell", ["2", "-1", "", "yes", "0.5"])
def test_cells_of_several_kinds_are_one_error(read, cell):
    text = f"path,red,old\na.jpg,1,{cell}\nb.jpg,0,1\nc.jpg,{cell},0\n"
    message = refusal(read, text, one_hot={"tags": ("red", "old")})
    assert len(message.splitlines()) == 1
    assert message.startswith("data.one_hot.tags: all cells of its columns must be of")
    expected = f"most are 0 or 1, got {cell!r} in 2 (first in labels.csv, line 2: old)"
    assert expected in message


def test_columns_that_are_not_there_are_refused(read):
    message = refusal(read, ONE_HOT, one_hot={"tags": ("red", "blue", "x*")})
    assert "without blue, x*." in message


def test_a_task_of_columns_has_a_name_of_its_own(read):
    assert "got red more than once" in refusal(
        read, "path,red,old\na.jpg,1,0\n", one_hot={"red": ("r*", "old")}
    )


def test_columns_with_one_class_an_image_are_noted(read, capsys):
    read("path,red,old\na.jpg,1,0\nb.jpg,0,1\n", one_hot={"tags": ("red", "old")})
    assert "every image has one class of tags" in capsys.readouterr().out
    read("path,red,old\na.jpg,1,0\nb.jpg,0,0\n", one_hot={"tags": ("red", "old")})
    assert "every image has one" not in capsys.readouterr().out


def test_columns_of_0_and_1_alone_are_no_tasks_of_their_own(read):
    text = "path,red,old,kind\na.jpg,1,0,x\nb.jpg,1,1,y\nc.jpg,0,1,x\n"
    message = refusal(read, text)
    assert "got red (0 or 1), old (0 or 1). Set data.tasks=[kind], or if" in message
    assert "one task of them: +data.one_hot.labels=[red,old]" in message
    assert list(read(text, one_hot={"labels": ("red", "old")}).kinds) == [
        "kind",
        "labels",
    ]
