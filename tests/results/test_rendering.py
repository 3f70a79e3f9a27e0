"""Tables as Markdown, and their places between the markers of a page."""

import pytest

from headswap.errors import InputError
from results.rendering import fill_places, render_tables
from results.stored import Figures
from results.tables import Reference, Table

METRICS = {
    "kind": {"test": {"f1": 0.98765, "f1_std": 0.0123, "auc": 0.5, "loss": None}}
}
CLASSES = {"kind": {"test": {"bird": {"f1": 0.25, "average_precision": None}}}}
FIGURES = {"one": Figures((), "abc", METRICS, CLASSES)}


def cell(*metrics, run="one", form=".3f", **changes):
    place = {"task": "kind", "part": "test", **changes}
    return Reference(run=run, metrics=metrics, format=form, **place)


def show(reference):
    """What a cell shows."""
    table = Table(("F1",), ((reference,),))
    return render_tables({"a": table}, FIGURES)["a"].splitlines()[-1].strip("| ")


def test_a_table_is_a_heading_a_rule_and_a_line_each_row():
    table = Table(("model", "F1"), (("R2", "0.88"), ("", cell("auc"))))
    assert render_tables({"a": table}, FIGURES) == {
        "a": "| model | F1 |\n|---|---|\n| R2 | 0.88 |\n| | 0.500 |"
    }


def test_a_bar_in_a_cell_does_not_end_it():
    table = Table(("a|b",), (("c|d",),))
    assert render_tables({"a": table}, {})["a"] == "| a\\|b |\n|---|\n| c\\|d |"


def test_a_spread_is_shown_where_there_is_one():
    assert show(cell("f1")) == "0.988 ± 0.012"
    assert show(cell("auc")) == "0.500"


def test_a_figure_has_the_form_its_cell_asks_for():
    assert show(cell("auc", form=".0%")) == "50%"


def test_several_metrics_are_shown_side_by_side():
    assert show(cell("f1", "auc", form=".2f")) == "0.99 ± 0.01 / 0.50"


def test_a_class_has_figures_of_its_own():
    reference = cell("f1", "average_precision", class_name="bird")
    assert show(reference) == "0.250 / –"  # noqa: RUF001


def test_a_figure_without_value_is_a_dash():
    assert show(cell("loss")) == "\N{EN DASH}"


def test_a_cell_whose_run_has_no_figures_is_a_dash():
    assert show(cell("f1", "auc", run="two")) == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("reference", "known", "got"),
    [
        (cell("f1", task="kinds"), "kind", "kinds"),
        (cell("f1", part="train"), "test", "train"),
        (cell("f2"), "f1, auc, loss", "f2"),
        (cell("f1", class_name="cat"), "bird", "cat"),
    ],
)
def test_a_cell_that_points_at_no_figure_is_a_fault(reference, known, got):
    with pytest.raises(InputError, match=f"must be one of {known}, got '{got}'"):
        show(reference)


def test_every_cell_that_points_at_no_figure_is_reported():
    table = Table(("a", "b"), ((cell("f2"), cell("f3")),))
    with pytest.raises(InputError) as caught:
        render_tables({"a": table}, FIGURES)
    assert len(str(caught.value).splitlines()) == 2


PAGE = """# Title

<!-- table: a -->
| old |
<!-- end -->

Text with `<!-- table: c -->` in it.

<!-- table: b -->
<!-- end -->
"""


def test_each_table_stands_alone_between_its_markers():
    filled = fill_places(PAGE, {"a": "| A |", "b": "| B |"}, "page")
    assert filled == PAGE.replace("| old |", "| A |").replace(
        "<!-- table: b -->", "<!-- table: b -->\n| B |"
    )
    assert fill_places(filled, {"a": "| A |", "b": "| B |"}, "page") == filled


def test_a_backslash_in_a_table_stays():
    assert "| \\1 |" in fill_places(PAGE, {"a": "| \\1 |", "b": ""}, "page")


def test_a_page_without_markers_stays_as_it_is():
    assert fill_places("# Title\n", {"a": "| A |"}, "page") == "# Title\n"


def test_a_marker_of_an_unknown_table_is_a_fault():
    with pytest.raises(InputError, match="page: a marker must name one of a, got 'b'"):
        fill_places(PAGE, {"a": "| A |"}, "page")


@pytest.mark.parametrize("end", [PAGE.index("<!-- end"), PAGE.rindex("<!-- end")])
def test_a_marker_without_end_is_a_fault(end):
    text = PAGE[:end] + PAGE[end:].replace("<!-- end -->", "", 1)
    with pytest.raises(InputError, match="must be followed by a line"):
        fill_places(text, {"a": "| A |", "b": "| B |"}, "page")
