"""Tables as Markdown, and their places between the markers of a page."""

import pytest

from headswap.errors import InputError
from results.rendering import fill_places, render_places, render_tables
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


def test_an_answer_that_is_still_to_be_made_is_a_dash():
    places = render_places({"a": "| A |"}, ["b", "c"], {"c": "Chosen: x."})
    assert places == {
        "table: a": "| A |",
        "answer: b": "\N{EN DASH}",
        "answer: c": "Chosen: x.",
    }


PAGE = """# Title

<!-- table: a -->
| old |
<!-- end -->

Text with `<!-- table: c -->` in it.

<!-- answer: b -->
<!-- end -->
"""


def test_tables_and_answers_stand_alone_between_their_markers():
    filled = fill_places(PAGE, {"table: a": "| A |", "answer: b": "| B |"}, "page")
    assert filled == PAGE.replace("| old |", "| A |").replace(
        "<!-- answer: b -->", "<!-- answer: b -->\n| B |"
    )
    assert (
        fill_places(filled, {"table: a": "| A |", "answer: b": "| B |"}, "page")
        == filled
    )


def test_a_backslash_in_a_table_stays():
    assert "| \\1 |" in fill_places(
        PAGE, {"table: a": "| \\1 |", "answer: b": ""}, "page"
    )


def test_a_page_without_markers_stays_as_it_is():
    assert fill_places("# Title\n", {"table: a": "| A |"}, "page") == "# Title\n"


def test_a_marker_of_what_is_unknown_is_a_fault():
    expected = "page: a marker must name one of table: a, got 'answer: b'"
    with pytest.raises(InputError, match=expected):
        fill_places(PAGE, {"table: a": "| A |"}, "page")


@pytest.mark.parametrize("end", [PAGE.index("<!-- end"), PAGE.rindex("<!-- end")])
def test_a_marker_without_end_is_a_fault(end):
    text = PAGE[:end] + PAGE[end:].replace("<!-- end -->", "", 1)
    with pytest.raises(InputError, match="must be followed by a line"):
        fill_places(text, {"table: a": "| A |", "answer: b": "| B |"}, "page")
