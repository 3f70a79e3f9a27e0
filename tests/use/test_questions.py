"""The flags of `headswap sweep`: each asks one question, together all combinations."""

import pytest

from headswap.errors import InputError
from headswap.use.recipe import combinations
from headswap.use.sweep.questions import ask


def settings_of(**flags):
    return [dict(found) for grid in ask(**flags) for found in combinations(grid)]


def test_nothing_asked_sets_nothing():
    assert ask() == [{}]
    assert ask(strategies="", heads=" , ") == [{}]


def test_a_strategy_without_an_order_runs_once():
    found = settings_of(
        strategies="multi_output,sequential", orders="coarsest_first,finest_first"
    )
    assert found == [
        {"train.strategy": "multi_output"},
        {"train.strategy": "sequential", "train.order": "coarsest_first"},
        {"train.strategy": "sequential", "train.order": "finest_first"},
    ]


def test_all_strategies_are_the_known_approaches_and_the_baseline():
    found = settings_of(strategies="all")
    assert len(found) == 6
    assert {each["train.strategy"] for each in found} == {
        "cascade",
        "independent",
        "multi_output",
        "sequential",
    }
    assert settings_of(strategies="sequential") == [{"train.strategy": "sequential"}]


def test_heads_are_linear_hidden_or_reach_below():
    assert settings_of(heads="linear,512x64,last_block") == [
        {"train.hidden": [], "backbone.unfreeze": 0},
        {"train.hidden": [512, 64], "backbone.unfreeze": 0},
        {"train.hidden": [], "backbone.unfreeze": "last_block"},
    ]


def test_all_combinations_are_asked_for():
    found = settings_of(
        strategies="all", backbones="a,b", heads="linear,32", images="0.5,1"
    )
    assert len(found) == len({repr(each) for each in found}) == 6 * 2 * 2 * 2


def test_every_word_that_is_none_is_told_at_once():
    with pytest.raises(InputError) as raised:
        ask(strategies="both", orders="first", heads="512,64x,deep", images="2,x")
    lines = str(raised.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "--strategies",
        "--orders",
        "--heads",
        "--heads",
        "--images",
        "--images",
    ]


def test_an_order_without_a_strategy_that_has_one_is_a_fault():
    with pytest.raises(InputError, match=r"--orders: a strategy with an order must be"):
        ask(strategies="independent,multi_output", orders="finest_first")
