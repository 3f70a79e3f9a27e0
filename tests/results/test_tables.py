"""Tables of runs.yaml: what a cell takes from its column and table, and faults."""

import pytest

from results.tables import Reference, parse_tables

FULL = {
    "run": "one",
    "task": "kind",
    "part": "test",
    "metric": "f1",
    "format": ".3f",
}


def parse_table(columns, rows, cells=None):
    """The table, and the faults."""
    faults = []
    table = {"columns": columns, "rows": rows, "cells": cells or {}}
    return parse_tables({"a": table}, ["one", "two"], faults)["a"], faults


def test_text_is_kept_as_it_is():
    table, faults = parse_table(["model", "F1"], [["R2: VGG16", "0.8860"], ["", ""]])
    assert table.headings == ("model", "F1")
    assert table.rows == (("R2: VGG16", "0.8860"), ("", ""))
    assert faults == []


def test_a_cell_points_at_figures():
    table, faults = parse_table(["F1"], [[{**FULL, "class": "bird"}]])
    assert table.rows == ((Reference("one", "kind", "test", ("f1",), ".3f", "bird"),),)
    assert faults == []


def test_a_cell_takes_from_its_column_before_its_table():
    columns = ["model", {"validation": {"part": "validation"}}, "test"]
    cells = {"run": "two"}
    table, faults = parse_table(columns, [["a", cells, cells]], FULL)
    assert table.headings == ("model", "validation", "test")
    (_, validation, test) = table.rows[0]
    assert (validation.part, validation.run) == ("validation", "two")
    assert (test.part, test.run) == ("test", "two")
    assert faults == []


def test_the_last_cell_of_a_short_row_stands_for_the_columns_left():
    table, faults = parse_table(
        ["model", {"one": {"run": "one"}}, {"two": {"run": "two"}}],
        [["a", {"part": "train"}]],
        FULL,
    )
    assert [(cell.run, cell.part) for cell in table.rows[0][1:]] == [
        ("one", "train"),
        ("two", "train"),
    ]
    assert faults == []


def test_several_metrics_may_share_a_cell():
    table, faults = parse_table(["F1"], [[{**FULL, "metric": ["f1", "auc"]}]])
    assert table.rows[0][0].metrics == ("f1", "auc")
    assert faults == []


@pytest.mark.parametrize("row", [["a"], ["a", "b", "c"], [{}, "b", {}], []])
def test_a_row_without_a_cell_for_each_column_is_a_fault(row):
    _, faults = parse_table(["model", "F1"], [row], FULL)
    assert len(faults) == 1
    assert "row 1 of tables.a must be 2 cells, or fewer" in faults[0]


@pytest.mark.parametrize("number", [0.98, 1, None, True])
def test_a_number_has_to_be_quoted(number):
    _, (fault,) = parse_table(["F1"], [[number]])
    assert f"must be text or a mapping, got {number!r}. Quote it." in fault


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"run": "three"}, "run"),
        ({"part": "tests"}, "part"),
        ({"format": "3f."}, "format"),
        ({"format": 3}, "format"),
        ({"metric": None}, "metric"),
        ({"metric": []}, "metric"),
        ({"metric": ["f1", 1]}, "metric"),
        ({"task": None}, "task"),
        ({"class": 7}, "class"),
        ({"clas": "bird"}, "clas"),
    ],
)
def test_a_cell_that_points_nowhere_is_a_fault(change, what):
    table, faults = parse_table(["F1"], [[{**FULL, **change}]])
    assert len(faults) == 1
    assert faults[0].startswith(
        f"results/runs.yaml: {what} of a cell in row 1 of tables.a must be "
    )
    assert table.rows == (("",),)


def test_all_that_a_cell_lacks_is_a_fault_each():
    _, faults = parse_table(["F1"], [[{"run": "one"}]])
    assert [fault.split()[1] for fault in faults] == [
        "task",
        "part",
        "metric",
        "format",
    ]


def test_a_column_is_a_heading_or_one_heading_with_what_its_cells_share():
    _, (fault,) = parse_table([{"F1": {}, "AUC": {}}], [])
    assert "a heading or one" in fault


def test_an_unknown_key_of_a_table_is_a_fault():
    faults = []
    parse_tables({"a": {"columns": [], "rows": [], "cell": {}}}, [], faults)
    assert len(faults) == 1
    assert "tables.a must be made of columns, rows, cells, got 'cell'" in faults[0]
