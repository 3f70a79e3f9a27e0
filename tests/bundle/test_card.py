"""The model card says what is told apart, how well, and takes names literally."""

from headswap.artifacts.dataset.labels import Labels
from headswap.artifacts.dataset.tasks import Task
from headswap.bundle.card import model_card

SCORES = {
    "f1": {"value": 0.91234, "low": 0.85, "high": 0.9567, "method": "bootstrap, BCa"},
    "auc": {"value": None, "low": None, "high": None, "method": "no value"},
}


def card(names, intervals, final="first", num_pictures=0, num_known=0):
    labels = Labels([Task("kind", "multiclass", names)], [])
    facts = {"final": final}
    return model_card(labels, intervals, ["net"], facts, num_pictures, num_known)


def test_whose_figures_they_are_is_said():
    assert "the model is that of the first round" in card(("a", "b"), {})
    text = card(("a", "b"), {}, final="all")
    assert "The figures are those of the rounds" in text
    assert "first round" not in text


def test_test_scores_stand_with_their_interval_or_why_there_is_none():
    part = {"estimand": "this model on new images", "scores": SCORES}
    lines = card(("a", "b"), {"kind": {"validation": part, "test": part}}).splitlines()
    assert "| kind | f1 | 0.912 | 0.850 to 0.957 | this model on new images |" in lines
    assert "| kind | auc |  | no value | this model on new images |" in lines
    assert sum(line.startswith("| kind ") for line in lines) == 2


def test_names_are_shown_as_they_are():
    text = card(("<b>", "a|b", "two\nlines"), {})
    assert r"\<b\>, a\|b, two lines" in text


def test_many_classes_are_counted():
    text = card(tuple(f"class{number}" for number in range(40)), {})
    assert "class29 and 10 more" in text
    assert "class30" not in text


def test_pictures_of_the_data_that_travel_with_the_model_are_told():
    assert "pictures it was made with" not in card(("a", "b"), {})
    told = "`sample/` holds 4 of the pictures it was made with"
    assert told in card(("a", "b"), {}, num_pictures=4)
    assert "training pictures and numbers" not in card(("a", "b"), {})
    told = "the paths of 7 training pictures"
    assert told in card(("a", "b"), {}, num_known=7)
