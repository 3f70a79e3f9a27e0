"""What is written to a CSV file is read back, whatever the text is."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.artifacts.storage.numbers import integers
from headswap.artifacts.storage.tables import (
    read_table,
    table_writer,
    write_table,
)

# Lone surrogates are no text.
CELLS = st.text(st.characters(exclude_categories=["Cs"])) | st.text("'=+-@\r\n\t\",1e.")


@given(st.lists(st.tuples(CELLS, CELLS, CELLS)))
@pytest.mark.survives("doors")
def test_any_text_comes_back_as_it_was(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write_table(path, ["first", "second", "third"], rows)
        columns = read_table(path)
    assert list(columns) == ["first", "second", "third"]
    assert list(zip(*columns.values(), strict=True)) == rows


@given(st.lists(CELLS))
def test_a_single_column_keeps_its_empty_cells(cells):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write_table(path, ["only"], ([cell] for cell in cells))
        assert read_table(path) == {"only": cells}


def test_a_table_is_utf_8_with_commas_and_line_feeds(tmp_path):
    write_table(tmp_path / "table.csv", ["class", "images"], [("Größe, 東京", 3)])
    content = (tmp_path / "table.csv").read_bytes()
    assert content == 'class,images\n"Größe, 東京",3\n'.encode()


@pytest.mark.parametrize("cell", ["=1+1", "@now", "- none", "+49 cars", "\t=1", "\r=1"])
@pytest.mark.survives("doors")
def test_a_spreadsheet_shows_a_text_and_computes_nothing(tmp_path, cell):
    path = tmp_path / "table.csv"
    write_table(path, ["class"], [[cell]])
    assert path.read_bytes().decode().removeprefix("class\n").lstrip('"')[0] == "'"
    assert read_table(path) == {"class": [cell]}


@pytest.mark.parametrize("cell", ["-0.25", "+3", "-1.5e-07", "it's", "'quoted'", "a=b"])
def test_numbers_and_other_texts_stand_as_they_are(tmp_path, cell):
    write_table(tmp_path / "table.csv", ["value"], [[cell]])
    assert (tmp_path / "table.csv").read_text() == f"value\n{cell}\n"


def test_a_table_without_rows_still_has_its_columns(tmp_path):
    write_table(tmp_path / "table.csv", ["first", "second"], [])
    assert read_table(tmp_path / "table.csv") == {"first": [], "second": []}


def test_rows_may_be_written_one_by_one(tmp_path):
    with table_writer(tmp_path / "table.csv", ["number"]) as writer:
        for number in range(3):
            writer.writerow([number])
    assert read_table(tmp_path / "table.csv") == {"number": ["0", "1", "2"]}


def test_a_row_of_the_wrong_length_is_refused(tmp_path):
    (tmp_path / "table.csv").write_text("first,second\n1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"must have 2 cells.*got 1\."):
        read_table(tmp_path / "table.csv")


@given(st.lists(st.tuples(CELLS, CELLS), max_size=20), st.sets(st.sampled_from("ab")))
def test_columns_that_are_not_wanted_change_nothing_in_those_that_are(rows, wanted):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write_table(path, ["a", "b"], rows)
        whole = read_table(path)
        assert read_table(path, wanted.__contains__) == {
            name: whole[name] for name in "ab" if name in wanted
        }


def test_a_long_table_holds_equal_texts_once_and_different_ones_all(
    tmp_path, monkeypatch
):
    """Across the pieces it is read in, and past the number that is looked for."""
    monkeypatch.setattr("headswap.artifacts.storage.tables._MOST_SHARED", 500)
    cells = [(f"'={n}", ("train", "-1", "'")[n % 3]) for n in range(1500)]
    write_table(tmp_path / "table.csv", ["different", "equal"], cells)
    table = read_table(tmp_path / "table.csv")
    assert list(zip(*table.values(), strict=True)) == cells
    assert len(set(map(id, table["equal"]))) == 3


@given(st.lists(st.integers(-(10**6), 10**6)))
def test_whole_numbers_come_back_as_an_array(numbers):
    found = integers([str(number) for number in numbers])
    assert found.dtype == int
    assert found.tolist() == numbers
