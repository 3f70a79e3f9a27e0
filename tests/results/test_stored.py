"""Stored figures: written whole, read back, and current while overrides stay."""

import pytest

from headswap.artifacts.storage.tables import write_table
from headswap.errors import InputError
from results.stored import (
    Figures,
    as_figures,
    current_figures,
    read_figures,
    write_figures,
)

EVALUATE = '{"kind": {"test": {"f1": 0.5, "f1_std": 0.1}}}'
CLASSES = """task,part,class,support,f1,average_precision
kind,train,bird,9,1.0,1.0
kind,test,bird,3,0.25,0.5
kind,test,ünused,0,,
"""


def test_figures_hold_all_metrics_and_the_classes_of_the_test_part():
    figures = as_figures(("train.epochs=3",), "abc", EVALUATE, CLASSES)
    assert figures.metrics == {"kind": {"test": {"f1": 0.5, "f1_std": 0.1}}}
    assert figures.classes == {
        "kind": {
            "test": {
                "bird": {"f1": 0.25, "average_precision": 0.5},
                "ünused": {"f1": None, "average_precision": None},
            }
        }
    }


def test_a_run_need_not_write_classes():
    assert as_figures((), "abc", EVALUATE, "").classes == {}


@pytest.mark.parametrize("name", ["=1+1", "two\nlines", "one\u2028line", 'a "b", c'])
def test_the_figures_of_a_class_are_found_under_its_name(tmp_path, name):
    row = ["kind", "test", name, "3", "0.25", "0.5"]
    header = CLASSES.splitlines()[0].split(",")
    write_table(tmp_path / "classes.csv", header, [row])
    classes = (tmp_path / "classes.csv").read_bytes().decode()
    assert list(as_figures((), "abc", EVALUATE, classes).classes["kind"]["test"]) == [
        name
    ]


def test_figures_are_read_as_they_were_written(tmp_path):
    figures = as_figures(("train.epochs=3",), "abc", EVALUATE, CLASSES)
    write_figures(tmp_path / "figures", "one", figures)
    assert read_figures(tmp_path / "figures") == {"one": figures}


def test_no_folder_is_no_figures(tmp_path):
    assert read_figures(tmp_path / "figures") == {}


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"overrides": [], "other": 1}'])
def test_a_file_that_holds_no_figures_is_a_fault(tmp_path, text):
    (tmp_path / "one.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"one\.json: .* must be .* Restore it"):
        read_figures(tmp_path)


def test_figures_are_current_while_the_overrides_stay_in_any_order():
    stored = {
        name: Figures(("a.b=1", "a.c=2"), "abc", {}, {})
        for name in ("same", "reordered", "changed", "removed")
    }
    runs = {
        "same": ("a.b=1", "a.c=2"),
        "reordered": ("a.c=2", "a.b=1"),
        "changed": ("a.b=1",),
        "new": ("a.b=1",),
    }
    assert sorted(current_figures(runs, stored)) == ["reordered", "same"]
