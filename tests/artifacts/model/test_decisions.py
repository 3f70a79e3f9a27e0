"""Temperature and decoding: what they leave as it is, and what they choose."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, softmax

from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.decisions import decide, decide_tasks
from headswap.artifacts.model.temperature import temper
from headswap.solver.logistic import probabilities

TEMPERATURES = st.floats(0.2, 5)
SCORES = st.lists(st.lists(st.floats(-12, 12), min_size=3, max_size=3), min_size=1)


@given(SCORES, TEMPERATURES, st.sampled_from(["multiclass", "multilabel"]))
def test_a_temperature_divides_the_scores(scores, temperature, kind):
    scores = np.array(scores)
    found = temper(probabilities(scores, kind), kind, temperature)
    function = expit if kind == "multilabel" else lambda s: softmax(s, axis=1)
    np.testing.assert_allclose(found, function(scores / temperature), atol=1e-9)


@given(SCORES, TEMPERATURES)
def test_a_temperature_changes_no_most_probable_class(scores, temperature):
    likely = probabilities(np.array(scores), "multiclass")
    found = temper(likely, "multiclass", temperature)
    assert (found.max(axis=1) == found[np.arange(len(found)), likely.argmax(1)]).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_certainty_stays_finite_under_any_temperature():
    certain = np.array([[1.0, 0.0]], np.float32)
    for kind in ("multiclass", "multilabel"):
        for temperature in (0.2, 5.0):
            found = temper(certain, kind, temperature)
            assert np.isfinite(found).all()
            assert found[0, 0] > found[0, 1]


PARENTS = {"elm": "tree", "lily": "flower", "oak": "tree", "rose": "flower"}
PLANT = Task("plant", "multiclass", ("flower", "tree"))
KIND = Task("kind", "multiclass", tuple(PARENTS))
RELATIONS = [Relation("kind", "plant", PARENTS)]


def shares(num_classes):
    """Rows of probabilities."""
    row = st.lists(st.floats(0.01, 1), min_size=num_classes, max_size=num_classes)
    return row.map(lambda values: np.array([values]) / sum(values))


def choose(kind, plant, decode):
    answers = decide_tasks(
        {"plant": plant, "kind": kind}, [PLANT, KIND], RELATIONS, {}, decode
    )
    return KIND.join_cell(answers["kind"][0]), PLANT.join_cell(answers["plant"][0])


@given(shares(4), shares(2))
def test_consistent_classes_have_the_highest_joint_probability(kind, plant):
    name, parent = choose(kind, plant, "consistent")
    assert PARENTS[name] == parent
    joint = {
        each: kind[0, KIND.class_names.index(each)]
        * plant[0, PLANT.class_names.index(PARENTS[each])]
        for each in PARENTS
    }
    assert joint[name] == pytest.approx(max(joint.values()))


@given(shares(4), shares(2))
def test_classes_that_agree_already_stay(kind, plant):
    name, parent = choose(kind, plant, "independent")
    assert decide(kind, "multiclass", None)[0, KIND.class_names.index(name)]
    if PARENTS[name] == parent:
        assert choose(kind, plant, "consistent") == (name, parent)


def test_a_sure_level_overrules_one_that_wavers():
    kind, plant = np.array([[0.3, 0.4, 0.2, 0.1]]), np.array([[0.05, 0.95]])
    assert choose(kind, plant, "independent") == ("lily", "tree")
    assert choose(kind, plant, "consistent") == ("elm", "tree")
