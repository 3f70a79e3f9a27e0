"""Images without a label of a task: that task's head never learns of them."""

import keras
import numpy as np
import pytest

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Member
from headswap.artifacts.storage.arrays import Rows
from headswap.errors import InputError
from headswap.train.descent.trainer import Trainer
from headswap.train.exact.rounds import solve_rounds
from headswap.train.strategies import multi_output
from headswap.train.weights import class_weights, label_weights
from tests.made import make_rows

KIND = Task("kind", "multiclass", ("a", "b", "c"))
SIZE = Task("size", "multiclass", ("large", "small"))
TASKS = [KIND, SIZE]
# Rows 60 and up have no label of the kind; half of them train, half validate.
LABELLED = make_rows(np.arange(40), np.arange(40, 60), num_folds=4, num_rows=60)
ALL = make_rows(
    np.r_[np.arange(40), np.arange(60, 70)],
    np.r_[np.arange(40, 60), np.arange(70, 80)],
    num_folds=4,
    num_rows=80,
)


@pytest.fixture
def known(tmp_path):
    """(members, targets) of 80 rows; what has no kind lies far from all else."""
    random = np.random.default_rng(1)
    kinds, sizes = np.arange(80) % 3, np.arange(80) // 3 % 2
    vectors = random.normal(size=(3, 8))[kinds] + random.normal(size=(80, 8))
    vectors += random.normal(size=(2, 8))[sizes]
    vectors[60:] += 50
    np.save(tmp_path / "net.npy", vectors.astype(np.float32))
    targets = {
        "kind": np.eye(3, dtype=np.float32)[kinds],
        "size": np.eye(2, dtype=np.float32)[sizes],
    }
    targets["kind"][60:] = 0
    members = [Member("net", Rows([tmp_path / "net.npy"]), tmp_path, False, False)]
    return members, targets


@pytest.fixture
def labelled(known, tmp_path):
    """The same without the rows that have no kind."""
    members, targets = known
    np.save(tmp_path / "first.npy", members[0].rows[np.arange(60)])
    first = Member("net", Rows([tmp_path / "first.npy"]), tmp_path, False, False)
    return [first], {name: values[:60] for name, values in targets.items()}


@pytest.mark.parametrize("class_weight", ["none", "balanced", "effective"])
@pytest.mark.parametrize("optimizer", ["auto"])
def test_a_solved_head_is_that_of_the_labelled_images(
    known, labelled, section, class_weight, optimizer
):
    options = section("train", class_weight=class_weight, optimizer=optimizer)
    (found,) = solve_rounds(*reorder(known), [ALL], options)
    (expected,) = solve_rounds(*reorder(labelled), [LABELLED], options)
    by_name = {head.name: head for head in expected.model}
    for head in found.model:
        same = np.array_equal(head.bias, by_name[head.name].bias)
        # The other task learns from all of them.
        assert same == (head.name == "kind")
    assert found.strengths["kind"] == expected.strengths["kind"]
    likely = found.probabilities["kind"]
    np.testing.assert_array_equal(likely[:60], expected.probabilities["kind"])
    # They are told a kind all the same.
    np.testing.assert_allclose(likely[60:].sum(axis=1), 1, rtol=1e-5)


def reorder(known):
    members, targets = known
    return members, TASKS, targets


def test_where_folds_judge_a_head_they_hold_labelled_images_alone(
    known, labelled, section
):
    rounds = [
        make_rows(rows.train, np.arange(0), num_folds=4, num_rows=len(rows.images))
        for rows in (ALL, LABELLED)
    ]
    (found,) = solve_rounds(*reorder(known), rounds[:1], section("train"))
    (expected,) = solve_rounds(*reorder(labelled), rounds[1:], section("train"))
    assert found.strengths["kind"] == expected.strengths["kind"]
    np.testing.assert_array_equal(found.model[0].bias, expected.model[0].bias)


def test_a_chain_takes_what_the_head_says_of_unlabelled_images(known, section):
    (found,) = solve_rounds(
        *reorder(known), [ALL], section("train", strategy="cascade")
    )
    assert np.isfinite(found.probabilities["size"]).all()


@pytest.mark.parametrize("loss", ["cross_entropy", "focal"])
def test_a_trained_head_is_that_of_the_labelled_images(
    known, labelled, section, tmp_path, loss
):
    """In one batch an epoch, so that no batch has more of them than others."""
    heads, losses = [], []
    for number, ((members, targets), rows) in enumerate(
        [(known, ALL), (labelled, LABELLED)]
    ):
        keras.utils.clear_session()
        keras.utils.set_random_seed(7)
        options = {"optimizer": "sgd", "epochs": 3, "batch_size": 50, "l2": 0.01}
        trainer = Trainer(
            members,
            targets,
            rows,
            section("train", loss=loss, learning_rate=0.05, **options),
            section("backbone"),
            tmp_path / f"curves{number}" / "round0",
            tmp_path / f"checkpoints{number}",
        )
        model = multi_output.fit(trainer, [KIND])
        heads.append(model.get_weights())
        folder = trainer.fitter.curves / "multi_output/plots/metrics/validation"
        losses.append({file.name: file.read_text() for file in folder.glob("*.tsv")})
    for one, other in zip(*heads, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert losses[0].keys() == losses[1].keys() != set()
    for name, text in losses[0].items():
        one, other = (
            [line.split()[1] for line in t.splitlines()[1:]]
            for t in (text, losses[1][name])
        )
        np.testing.assert_allclose(
            list(map(float, one)), list(map(float, other)), rtol=1e-4
        )


def test_several_tasks_are_trained_together_each_on_its_labels(
    known, section, tmp_path
):
    members, targets = known
    keras.utils.clear_session()
    options = {"optimizer": "adam", "epochs": 2, "batch_size": 16, "l2": 0.0}
    trainer = Trainer(
        members,
        targets,
        ALL,
        section("train", **options),
        section("backbone"),
        tmp_path / "curves/round0",
        tmp_path / "checkpoints",
    )
    model = multi_output.fit(trainer, TASKS)
    assert set(trainer.predict(model, np.arange(80))) == {"kind", "size"}


def test_weights_make_the_mean_over_rows_that_over_labelled_ones(known):
    _, targets = known
    rows = ALL.train
    weights = label_weights(targets, TASKS, rows)
    assert set(weights) == {"kind", "size"}
    assert weights["kind"][60:].tolist() == [0] * 20
    np.testing.assert_allclose(weights["kind"][rows].mean(), 1, rtol=1e-6)
    assert (weights["size"] == 1).all()
    assert label_weights(targets, [SIZE], rows) == {}


def test_a_task_without_labels_where_it_is_judged_is_refused(known):
    with pytest.raises(InputError, match="train: kind must have labels among"):
        label_weights(known[1], TASKS, np.arange(60, 80))


@pytest.mark.parametrize("scheme", ["balanced", "effective"])
def test_unlabelled_rows_count_in_no_weight_of_a_class(known, scheme):
    targets = known[1]["kind"]
    np.testing.assert_array_equal(
        class_weights(targets, slice(None), KIND, scheme),
        class_weights(targets, np.arange(60), KIND, scheme),
    )
