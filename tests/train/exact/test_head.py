"""A solved head: what decides its strength, and what it says of rows it did not see."""

import dataclasses

import numpy as np
import pytest

from headswap.artifacts.dataset.tasks import Task
from headswap.errors import InputError
from headswap.solver.logistic import FINE, ROUGH, log_loss, probabilities
from headswap.solver.standardize import Span
from headswap.solver.strength import search
from headswap.train.exact import fit as module
from headswap.train.exact.fit import Fit, Source
from headswap.train.exact.head import SolvedHead
from tests.made import make_rows

KIND = Task("kind", "multiclass", ("a", "b", "c"))


def draw(num_rows, num_classes, num_columns=20, noise=1.5, seed=0):
    random = np.random.default_rng(seed)
    classes = random.permutation(np.arange(num_rows) % num_classes)
    centres = random.normal(size=(num_classes, num_columns))
    rows = centres[classes] + noise * random.normal(size=(num_rows, num_columns))
    return rows.astype(np.float32), np.eye(num_classes, dtype=np.float32)[classes]


@pytest.fixture
def solve(section):
    """solve(rows, values, targets, **train): a solved head of KIND."""

    def call(rows, values, targets, **train):
        options = section("train", **train)
        sources = {"net": Source(values)}
        return SolvedHead("kind", KIND, sources, targets, rows, options)

    return call


ROWS = make_rows(np.arange(60), np.arange(60, 90), num_folds=5, num_rows=120)


def test_rows_that_are_neither_fitted_to_nor_validation_change_nothing(solve):
    values, targets = draw(120, 3)
    head = solve(ROWS, values, targets).head
    values[90:], targets[90:] = 7, np.eye(3)[[0] * 30]
    other = solve(ROWS, values, targets).head
    np.testing.assert_array_equal(head.bias, other.bias)
    np.testing.assert_array_equal(head.blocks[0].kernel, other.blocks[0].kernel)


def test_validation_rows_decide_the_strength_and_are_never_fitted_to(solve):
    values, targets = draw(120, 3)
    fixed = {"l2": 0.001, "standardize": "length"}
    head = solve(ROWS, values, targets, **fixed).head
    chosen = solve(ROWS, values, targets).chosen
    targets[60:90] = np.roll(targets[60:90], 1, axis=1)
    other = solve(ROWS, values, targets, **fixed).head
    np.testing.assert_array_equal(head.blocks[0].kernel, other.blocks[0].kernel)
    # Where validation contradicts training, nothing is as good as the strongest.
    assert solve(ROWS, values, targets).chosen.l2 > 10 * chosen.l2


def test_the_chosen_strength_has_the_lowest_loss_of_both_standardisations(solve):
    solved = solve(ROWS, *draw(120, 3))
    assert {each.standardization for each in solved.strengths} == {"length", "within"}
    assert solved.chosen.loss == min(each.loss for each in solved.strengths)
    likely = solved.head({"net": draw(120, 3)[0][60:90]})
    loss = log_loss(likely, draw(120, 3)[1][60:90], np.ones(3), "multiclass")
    assert loss == pytest.approx(solved.chosen.loss, abs=1e-3)


def test_folds_decide_where_validation_has_too_few_images(solve):
    few = make_rows(np.arange(60), np.arange(60, 63), num_folds=5, num_rows=120)
    values, targets = draw(120, 3)
    before = solve(few, values, targets)
    targets[60:63] = np.roll(targets[60:63], 1, axis=1)
    after = solve(few, values, targets)
    assert before.strengths == after.strengths
    assert before.chosen.loss == pytest.approx(
        np.average(
            [
                log_loss(
                    before.outputs()[few.folds == fold],
                    targets[few.folds == fold],
                    np.ones(3),
                    "multiclass",
                )
                for fold in range(5)
            ],
            weights=[(few.folds == fold).sum() for fold in range(5)],
        ),
        abs=1e-3,
    )


def test_a_path_ends_where_its_last_strength_alone_does():
    values, targets = draw(60, 3)
    path, at_once = (
        Fit({"net": Source(values)}, targets, np.arange(60), KIND, "length", "none")
        for _ in range(2)
    )
    for l2 in (1e-2, 1e-3, 1e-4):
        path.solve(l2, ROUGH)
    found, expected = path.solve(1e-5, FINE), at_once.solve(1e-5, FINE)
    np.testing.assert_allclose(found.kernel, expected.kernel, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found.bias, expected.bias, rtol=1e-3, atol=1e-3)


def test_views_of_an_image_do_not_make_it_two(solve):
    """One image a class in two views is too few, as it is in one."""
    values, targets = draw(120, 3)
    few = make_rows(np.arange(60), np.arange(60, 66), num_folds=5, num_rows=120)
    images = np.where(np.isin(few.images, [63, 64, 65]), few.images - 3, few.images)
    targets[60:66] = np.eye(3)[[0, 1, 2] * 2]
    seen_twice = dataclasses.replace(few, images=images)
    before = solve(seen_twice, values, targets)
    targets[60:66] = np.roll(targets[60:66], 1, axis=1)
    assert solve(seen_twice, values, targets).strengths == before.strengths


def test_every_class_needs_its_validation_images(solve):
    values, targets = draw(120, 3)
    targets[60:90] = np.eye(3)[[0] * 29 + [1]]
    before = solve(ROWS, values, targets)
    targets[60:90] = np.eye(3)[[1] * 29 + [0]]
    assert solve(ROWS, values, targets).strengths == before.strengths


def test_neither_validation_images_nor_folds_is_an_error(solve):
    rows = make_rows(np.arange(60), np.arange(0), num_folds=1, num_rows=120)
    with pytest.raises(InputError, match=r"must be chosen on validation images"):
        solve(rows, *draw(120, 3))


def test_a_training_row_is_judged_by_heads_that_did_not_see_its_fold(solve):
    values, targets = draw(120, 3)
    fixed = {"l2": 0.001, "standardize": "within"}
    outputs = solve(ROWS, values, targets, **fixed).outputs()
    for fold in range(5):
        held = np.flatnonzero(ROWS.folds == fold)
        rows = dataclasses.replace(ROWS, train=np.setdiff1d(ROWS.train, held))
        head = solve(rows, values, targets, **fixed).head
        np.testing.assert_allclose(
            outputs[held], head({"net": values[held]}), atol=1e-5
        )
    others = np.arange(60, 120)
    whole = solve(ROWS, values, targets, **fixed).head
    np.testing.assert_array_equal(outputs[others], whole({"net": values})[others])


def test_a_row_that_stands_twice_counts_twice(solve):
    values, targets = draw(120, 3)
    fixed = {"l2": 0.001, "standardize": "length"}
    twice = dataclasses.replace(ROWS, train=np.repeat(np.arange(60), 2))
    once = solve(ROWS, values, targets, **fixed).head
    both = solve(twice, values, targets, **fixed).head
    np.testing.assert_allclose(once({"net": values}), both({"net": values}), atol=1e-6)
    uneven = dataclasses.replace(ROWS, train=np.r_[np.arange(60), [0] * 30])
    other = solve(uneven, values, targets, **fixed).head
    own = targets[0].astype(bool)
    assert other({"net": values})[0, own] > once({"net": values})[0, own]


def test_smoothed_labels_make_a_head_less_sure_and_leave_its_judges_as_they_are(solve):
    values, targets = draw(120, 3)
    fixed = {"l2": 1e-6, "standardize": "length"}
    hard = solve(ROWS, values, targets, **fixed).head({"net": values})[:60]
    soft = solve(ROWS, values, targets, **fixed, label_smoothing=0.3)
    likely = soft.head({"net": values})[:60]
    assert hard.max(axis=1).min() > 0.98
    # Of its own training rows it says what it was told: 0.7, and a third of the rest.
    assert likely.max(axis=1).mean() == pytest.approx(0.8, abs=0.05)
    judged = soft.head({"net": values[60:90]})
    loss = log_loss(judged, targets[60:90], np.ones(3), "multiclass")
    assert loss == pytest.approx(soft.chosen.loss, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("num_classes", "of_each", "noise"),
    [
        (6, 100, 2.5),
        pytest.param(30, 9, 1.0, marks=pytest.mark.endure),
        pytest.param(81, 30, 1.5, marks=pytest.mark.endure),
    ],
)
def test_the_chosen_strength_is_nearly_the_best_one_on_other_images(
    section, num_classes, of_each, noise
):
    """Within 2 % or 0.01 nats of the best of the grid in 18 of 20 draws."""
    task = Task("kind", "multiclass", tuple(f"class{i}" for i in range(num_classes)))
    num_train = num_classes * of_each
    # Shares as by default, 0.65 to 0.15.
    num_validation = num_classes * max(2, round(of_each * 0.15 / 0.65))
    num_rows = num_train + num_validation + 3000
    rows = make_rows(
        np.arange(num_train),
        np.arange(num_train, num_train + num_validation),
        num_folds=5,
        num_rows=num_rows,
    )
    test = np.arange(num_train + num_validation, num_rows)
    options = section("train", standardize="length")
    good = 0
    for seed in range(20):
        values, targets = draw(num_rows, num_classes, 40, noise, seed)
        sources = {"net": Source(values)}
        solved = SolvedHead("kind", task, sources, targets, rows, options)
        fit = Fit(sources, targets, rows.train, task, "length", "none")
        place = fit.coordinates(sources, test)

        def loss_at(l2, fit=fit, place=place, targets=targets):
            likely = probabilities(fit.solve(l2, 1e-4)(place), "multiclass")
            return log_loss(likely, targets[test], fit.weights, "multiclass")

        losses = search(loss_at)
        best, taken = min(losses.values()), loss_at(solved.chosen.l2)
        good += taken <= max(1.02 * best, best + 0.01)
    assert good >= 18


def test_the_space_of_rows_is_found_once_for_all_heads(section, monkeypatch):
    found = []

    def count(*given):
        found.append(given)
        return Span(*given)

    monkeypatch.setattr(module, "Span", count)
    values, targets = draw(120, 3)
    sources = {"net": Source(values)}
    for name in ("kind", "again"):
        head = SolvedHead(name, KIND, sources, targets, ROWS, section("train"))
        head.outputs()
    # Of the training rows, and of each of five folds.
    assert len(found) == 6
    monkeypatch.setattr(module, "MAX_KEPT", 0)
    other = SolvedHead(
        "kind", KIND, {"net": Source(values)}, targets, ROWS, section("train")
    )
    np.testing.assert_array_equal(head.outputs(), other.outputs())
    assert len(found) > 12
