"""Files of class names: the right name for every id, or a refusal."""

import time

import pytest

from headswap.errors import InputError
from headswap.prepare.layouts import csv
from headswap.prepare.layouts._names import REMEDY, read_names


@pytest.fixture
def read(section, tmp_path):
    """read(names, ids): the class of each image, whose ids a file gives names to."""

    def call(names, ids):
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
                class_names={"kind": "names.txt"},
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
    ],
)
def test_every_usual_file_of_names_gives_each_id_its_own(read, names, capsys):
    assert read(names, [2, 0, 1]) == ["red rose", "oak", "elm"]
    assert ": 0 = oak" in capsys.readouterr().out.replace("2 = red rose, ", "")


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


def test_names_in_the_table_need_no_file(read):
    with pytest.raises(InputError, match=r"Take kind out of data\.class_names"):
        read("oak\nelm\n", ["oak", "elm"])


@pytest.mark.survives("doors")
def test_a_line_of_nothing_but_space_between_two_words_costs_no_time(tmp_path):
    (tmp_path / "names.txt").write_text(f"oak{' ' * 200_000}x\nelm\n")
    start = time.process_time()
    assert read_names(tmp_path / "names.txt").ids is None
    assert time.process_time() - start < 2
