"""Files of class names: the right name for every id, or a refusal."""

import contextlib
import time

import pytest

from headswap.errors import InputError
from headswap.prepare.layouts import csv
from headswap.prepare.tables.names import REMEDY, read_names


@pytest.fixture
def read(section, tmp_path):
    """read(names, ids): the class of each image, whose ids a file gives names to."""

    def call(names, ids, task="kind"):
        lines = ["path,kind"]
        for number, label in enumerate(ids):
            (tmp_path / f"{number}.jpg").write_bytes(b"no picture")
            lines.append(f"{number}.jpg,{label}")
        (tmp_path / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
        (tmp_path / "names.txt").write_text(names, encoding="utf-8")
        listing = csv.read(
            section(
                "data",
                root=str(tmp_path),
                layout="csv",
                table="labels.csv",
                class_names={task: "names.txt"},
            )
        )
        return [row.labels[0][0] for row in listing.rows]

    return call


@pytest.mark.parametrize(
    "names",
    [
        "Class Name,Class ID\noak,0\nelm,1\nred rose,2\n",
        "Class Name,Class ID,Coarse Class\noak,0,tree\nelm,1,tree\nred rose,2,x\n",
        "id;name\n0;oak\n1;elm\n2;red rose\n",
        "ID\tSpecies\n2\tred rose\n0\toak\n1\telm\n",
        "id name\n0 oak\n1 elm\n2 red rose\n",
        "oak,0\nelm,1\nred rose,2\n",
        "oak 0\nelm 1\nred rose 2\n",
        "class_name\noak\nelm\nred rose\n",
        "oak\nelm\nred rose\n",
        "id,count,name\n0,7,oak\n1,9,elm\n2,7,red rose\n",
        "2: red rose\n0: oak\n1: elm\n",
        "2) red rose\n0) oak\n1) elm\n",
        "2. red rose\n0. oak\n1. elm\n",
        "2.red rose\n0.oak\n1.elm\n",
        "[2] red rose\n[0] oak\n[1] elm\n",
        "2|red rose\n0|oak\n1|elm\n",
        "id|name\n2|red rose\n0|oak\n1|elm\n",
        "2.0,red rose\n0.0,oak\n1.0,elm\n",
        "id,name\n2.0,red rose\n0.0,oak\n1.0,elm\n",
        '"2": "red rose",\n"0": "oak",\n"1": "elm"\n',
        "2 'red rose'\n0 'oak'\n1 'elm'\n",
        "2 - red rose\n0 - oak\n1 - elm\n",
        "2 => red rose\n0 => oak\n1 => elm\n",
        "2~red rose\n0~oak\n1~elm\n",
        "- oak\n- elm\n- red rose\n",
        "- 2: red rose\n- 0: oak\n- 1: elm\n",
        "red rose=2\noak=0\nelm=1\n",
        "red rose: 2\noak: 0\nelm: 1\n",
        "red rose: 2\noak: 0\nelm: 1\nfir: 12\n",
        "red rose (2)\noak (0)\nelm (1)\n",
        '"oak",\n"elm",\n"red rose"\n',
        "path: ../x\ntrain: images\nnames:\n  2: red rose\n  0: oak\n  1: elm\n",
        "nc: 3\nnames: [oak, elm, red rose]\n",
        "names:\n  - oak\n  - elm\n  - red rose\n",
    ],
)
def test_every_usual_file_of_names_gives_each_id_its_own(read, names, capsys):
    assert read(names, [2, 0, 1]) == ["red rose", "oak", "elm"]
    assert ": 0 = oak" in capsys.readouterr().out.replace("2 = red rose, ", "")


@pytest.mark.parametrize("label", ["2.0", "02", "2"])
def test_an_id_may_be_written_as_a_spreadsheet_does(read, label):
    assert read("0 oak\n2 elm\n", [label, 0]) == ["elm", "oak"]


@pytest.mark.parametrize(
    "names",
    [
        ["707-320", "727-200", "A300"],
        ["707-320", "727-200", "737-400"],
        ["Boeing 707", "Boeing 727", "Airbus 320"],
        ["Audi A4 2012", "BMW X5 2012", "Mini 2009"],
        ["grade1", "grade2", "grade3"],
        ["phase 1", "phase 2", "phase 3"],
        ["class0", "class1", "class2"],
        ["class 0", "class 1", "class 2"],
        ["3-wheeler", "car", "7up"],
        ['5" pipe', '7" pipe', 'the "old" pipe'],
    ],
)
def test_names_with_digits_are_no_ids(read, names):
    assert read("\n".join(names), [2, 0, 1]) == [names[2], names[0], names[1]]


def test_ids_that_start_at_one_are_understood_where_there_are_as_many_names(
    read, capsys
):
    assert read("oak\nelm\nrose\n", [3, 1, 3]) == ["rose", "oak", "rose"]
    assert "names.txt numbered from 1: 1 = oak, 2 = elm" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("names", "ids", "expected"),
    [
        ("oak\nelm\nrose\n", [1, 2], "nothing shows whether the first of the 3 names"),
        ("class,category\noak,tree\n", [0], "got the columns class, category"),
        ("id,class id,name\n0,1,oak\n1,2,elm\n", [0], "the columns id, class id, name"),
        ("id,order,family\n0,x,oak\n1,y,elm\n", [0], "the columns id, order, family"),
        ("0 oak\nelm\n2 rose\n", [0], "must have an id and a name, got 'elm'"),
        ("0 oak\n0 elm\n", [0], "every id once, got 0 again"),
        ("0 oak\n1 oak\n", [0], "every name once, got oak again"),
        ("oak_2\nelm_0\nrose_1\n", [0, 1, 2], "got 'oak_2', 'elm_0', 'rose_1'"),
        ("oak2\nelm0\nrose1\n", [0, 1], "got 'oak2', 'elm0', 'rose1'"),
        ("2oak\n0elm\n1rose\n", [0, 1], "got '2oak', '0elm', '1rose'"),
        ("class 2 = oak\nclass 0 = elm\n", [0, 2], "got 'class 2 = oak', 'class 0"),
        ("id: 1, name: a\nid: 0, name: b\n", [0, 1], "got 'id: 1, name: a'"),
        ("item {\n id: 1\n name: 'oak'\n}\n", [0, 1], "begins with item {"),
        ('0: ""\n1: "elm"\n', [0, 1], "a name in every line, got none for 0"),
        ("tree\n2: oak\n0: elm\n", [0, 2], "must have an id and a name, got 'tree'"),
        ("tree\n2oak\n0elm\n", [0, 2], "got 'tree', '2oak', '0elm'"),
        ("species,latin\noak,q\nelm,u\n", [0, 1], "first is 'species,latin'"),
        ("tree\noak\nelm\nrose\n", [2, 0, 1], "got 4, of which the first is 'tree'"),
        ("nc: 2\nnames: 5\n", [0, 1], "a name an id below `names`, got 5"),
        ('{"0": "oak",\n"1": "elm"}', [0], "begins with {"),
    ],
)
def test_names_that_cannot_be_told_are_refused_and_the_remedy_works(
    read, names, ids, expected
):
    with pytest.raises(InputError) as caught:
        read(names, ids)
    assert expected in str(caught.value)
    assert str(caught.value).endswith(REMEDY)
    read("0 oak\n1 elm\n2 rose\n", ids)


def test_a_header_of_names_alone_can_be_deleted_as_the_refusal_says(read):
    with pytest.raises(InputError, match="Delete that line if it is no class"):
        read("tree\noak\nelm\n", [1, 0])
    assert read("oak\nelm\n", [1, 0]) == ["elm", "oak"]


def test_names_for_what_is_no_task_are_refused_with_the_tasks(read):
    with pytest.raises(InputError) as caught:
        read("oak\nelm\n", [1, 0], task="kin")
    assert "must name files for tasks of labels.csv, kind, got kin." in str(
        caught.value
    )
    assert read("oak\nelm\n", [1, 0], task="kind") == ["elm", "oak"]


def test_names_in_the_table_need_no_file(read):
    with pytest.raises(InputError, match=r"Take kind out of data\.class_names"):
        read("oak\nelm\n", ["oak", "elm"])


@pytest.mark.survives("doors")
@pytest.mark.parametrize(
    "line",
    [f"0{' ' * 200_000}x", f"oak{'1' * 200_000}x", f"{'(' * 200_000}1", "-" * 200_000],
)
def test_a_line_of_the_same_letter_costs_no_time(tmp_path, line):
    (tmp_path / "names.txt").write_text(f"{line}\nelm\n")
    start = time.process_time()
    with contextlib.suppress(InputError):
        read_names(tmp_path / "names.txt", {"0", "1"}).by_id("kind", {"0", "1"})
    assert time.process_time() - start < 2


@pytest.mark.survives("doors")
def test_a_line_of_nothing_but_space_between_two_words_costs_no_time(tmp_path):
    (tmp_path / "names.txt").write_text(f"oak{' ' * 200_000}x\nelm\n")
    start = time.process_time()
    assert read_names(tmp_path / "names.txt", {"0"}).ids is None
    assert time.process_time() - start < 2
