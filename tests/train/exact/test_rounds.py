"""Rounds of solved heads: chains, ensembles, bits, and the same thing as Keras."""

import tracemalloc

import numpy as np
import pytest

from headswap.artifacts.dataset.labels import Labels
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Member
from headswap.artifacts.model.heads import read_heads
from headswap.artifacts.model.model import load_model, save_model
from headswap.artifacts.model.temperature import temper
from headswap.artifacts.storage.arrays import Rows
from headswap.machine import parallel
from headswap.train.exact import rounds as rounds_module
from headswap.train.exact.rounds import solve_rounds
from tests.made import FACTS, make_rows, save_rows

FINE = Task("fine", "multiclass", ("a1", "a2", "b1", "b2"))
COARSE = Task("coarse", "multiclass", ("a", "b"))
TAGS = Task("tags", "multilabel", ("dark", "large"))
TASKS = [FINE, COARSE, TAGS]
ROUNDS = [
    make_rows(np.arange(48), np.arange(48, 64), num_folds=4, num_rows=80),
    make_rows(np.arange(20, 80), np.arange(20), num_folds=4, num_rows=80),
]


@pytest.fixture
def solved(tmp_path, section):
    """solved(members, **train): what came out of two rounds."""
    random = np.random.default_rng(1)
    fine = np.arange(80) % 4
    centres = random.normal(size=(4, 12))
    vectors = centres[fine] + 0.5 * random.normal(size=(80, 12))
    save_rows(tmp_path / "net", vectors.astype(np.float32))
    save_rows(tmp_path / "other", np.abs(vectors[:, ::-1]).astype(np.float16))
    targets = {
        "fine": np.eye(4, dtype=np.float32)[fine],
        "coarse": np.eye(2, dtype=np.float32)[fine // 2],
        "tags": np.stack([fine > 2, fine % 2 == 0], axis=1).astype(np.float32),
    }

    def call(members=("net",), **train):
        known = [
            Member(name, Rows([tmp_path / name]), tmp_path, False, False)
            for name in members
        ]
        options = section("train", **train)
        return list(solve_rounds(known, TASKS, targets, ROUNDS, options)), known

    return call


@pytest.fixture(autouse=True)
def one_core(monkeypatch):
    monkeypatch.setattr(parallel, "num_cores", lambda: 1)


@pytest.mark.parametrize("merge", ["features", "scores"])
@pytest.mark.parametrize("strategy", ["multi_output", "cascade"])
def test_heads_say_the_same_as_their_keras_model(solved, tmp_path, strategy, merge):
    outcomes, members = solved(("net", "other"), strategy=strategy, merge=merge)
    # That of a task of which another takes the outputs, of one's alone, and none.
    temperatures = {"fine": 1.6, "tags": 0.4, "coarse": 1.0}
    facts = {**FACTS, "temperatures": temperatures}
    save_model(tmp_path / "model", outcomes[0].model, Labels(TASKS, []), facts)
    inputs = {
        member.input_name: member.rows[np.arange(80)].astype(np.float32)
        for member in members
    }
    found = load_model(tmp_path / "model").predict(inputs, verbose=0)
    for task in TASKS:
        raw = outcomes[0].probabilities[task.name]
        expected = temper(raw, task.kind, temperatures[task.name])
        np.testing.assert_allclose(found[task.name], expected, atol=1e-5)


def test_the_same_heads_are_written_and_read_with_the_same_bytes(solved, tmp_path):
    (outcome, _), _ = solved(strategy="cascade")
    for name in ("one", "two"):
        save_model(tmp_path / name, outcome.model, Labels(TASKS, []), FACTS)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    for before, after in zip(outcome.model, read_heads(tmp_path / "one"), strict=True):
        assert before.name == after.name
        np.testing.assert_array_equal(before.bias, after.bias)


def sources(outcome):
    return {head.name: [b.source for b in head.blocks] for head in outcome.model}


def test_only_a_cascade_feeds_one_task_to_the_next(solved):
    for strategy in ("multi_output", "independent", "sequential"):
        for outcome in solved(strategy=strategy)[0]:
            assert sources(outcome) == {t.name: ["net-feature"] for t in TASKS}
    for outcome in solved(strategy="cascade")[0]:
        assert sources(outcome) == {
            "fine": ["net-feature"],
            "coarse": ["net-feature", "fine"],
            "tags": ["net-feature", "fine", "coarse"],
        }


def test_scores_of_members_are_joined_by_one_more_head(solved):
    (outcome, _), _ = solved(("net", "other"), merge="scores")
    assert sources(outcome)["fine"] == ["fine-net-feature", "fine-other-feature"]
    assert sources(outcome)["fine-net-feature"] == ["net-feature"]
    assert set(outcome.probabilities) == {"fine", "coarse", "tags"}
    # What heads give is not standardised, so there is nothing to choose.
    assert {each.standardization for each in outcome.strengths["fine"]} == {"none"}


@pytest.mark.parametrize("merge", ["features", "scores"])
def test_most_images_that_were_not_fitted_to_are_told_apart(solved, merge):
    outcomes, _ = solved(("net", "other"), merge=merge)
    right = (
        outcomes[0].probabilities["fine"][64:].argmax(axis=1) == np.arange(64, 80) % 4
    )
    assert right.mean() > 0.8


def test_a_few_seconds_work_starts_no_process(solved, monkeypatch):
    monkeypatch.setattr(parallel, "num_cores", lambda: 2)
    monkeypatch.setattr(parallel, "ProcessPoolExecutor", None)
    solved()
    monkeypatch.setattr("headswap.train.exact.rounds.FEW", 0)
    with pytest.raises(TypeError):
        solved()


@pytest.mark.slow
def test_several_cores_give_the_same_bits_as_one(solved, monkeypatch):
    alone, _ = solved(strategy="cascade")
    monkeypatch.setattr(parallel, "num_cores", lambda: 2)
    monkeypatch.setattr("headswap.train.exact.rounds.FEW", 0)
    together, _ = solved(strategy="cascade")
    for one, other in zip(alone, together, strict=True):
        assert one.strengths == other.strengths
        for task in TASKS:
            np.testing.assert_array_equal(
                one.probabilities[task.name], other.probabilities[task.name]
            )


@pytest.mark.parametrize("num_validated", [60, 0])
def test_memory_is_foreseen_to_within_a_factor_of_two(
    tmp_path, section, monkeypatch, num_validated
):
    random = np.random.default_rng(0)
    features = random.random((300, 200), np.float32)
    save_rows(tmp_path / "net", features)
    members = [Member("net", Rows([tmp_path / "net"]), tmp_path, False, False)]
    targets = {"coarse": np.eye(2, dtype=np.float32)[np.arange(300) % 2]}
    validated = np.arange(200, 200 + num_validated)
    rows = make_rows(np.arange(200), validated, num_folds=4, num_rows=300)
    foreseen = []
    monkeypatch.setattr(
        rounds_module,
        "require_memory",
        lambda _, number, *rest: foreseen.append(number),
    )
    options = section("train", l2=0.1)
    tracemalloc.start()
    try:
        list(solve_rounds(members, [COARSE], targets, [rows], options))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.5 < peak / foreseen[0] < 2
