"""One model fitted to every image: its settings, its rows, its unseen answers."""

import pytest

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.strengths import Strength
from headswap.errors import InputError
from headswap.train.exact.final import agree, require_solved, train_on_all
from tests.made import make_index, make_split


def compared(*strengths):
    return {"kind": [Strength(kind, l2, loss) for kind, l2, loss in strengths]}


def test_rounds_agree_on_what_most_choose_and_the_median_of_it():
    rounds = [
        compared(("length", 1e-3, 0.1), ("within", 1e-1, 0.2)),
        compared(("length", 1e-5, 0.2), ("within", 1e-1, 0.3)),
        compared(("length", 1.0, 0.9), ("within", 1e-9, 0.1)),
    ]
    found = agree(rounds)["kind"]
    assert found.standardization == "length"
    assert found.l2 == pytest.approx(1e-4)
    assert found.loss == pytest.approx(0.15)


def test_where_as_many_chose_either_the_lower_loss_counts():
    rounds = [compared(("length", 1e-3, 0.3)), compared(("within", 1e-1, 0.2))]
    assert agree(rounds)["kind"].standardization == "within"
    assert agree([compared(("none", 0.0, 0.3))] * 2)["kind"].l2 == 0


def test_every_image_with_a_use_trains_as_often_as_it_did_at_most():
    parts = [
        ["train", "train", "validation", "test", "unused", "train"],
        ["test", "train", "train", "validation", "unused", "train"],
    ]
    times = [[2, 0, 0, 0, 0, 1], [0, 3, 1, 0, 0, 1]]
    kind = Task("kind", "multiclass", ("a", "b"))
    index = make_index("abcdef", {"kind": ["a", "b"] * 3}, [kind])
    split = make_split(parts, times)
    split.groups[[0, 5]] = "together"
    found = train_on_all(split, index)
    assert found.times.tolist() == [[2, 3, 1, 1, 0, 1]]
    assert found.parts[0].tolist() == ["train"] * 4 + ["unused", "train"]
    assert found.folds[0, 4] == -1
    assert found.folds[0, 0] == found.folds[0, 5]
    assert {*found.folds[0, [0, 1, 2, 3]]} == {0, 1}


def test_a_head_that_is_trained_is_no_model_of_every_image(section):
    require_solved(section("train", final="all"), is_solved=True)
    require_solved(section("train"), is_solved=False)
    with pytest.raises(InputError, match=r"Set train\.final=first"):
        require_solved(section("train", final="all"), is_solved=False)
