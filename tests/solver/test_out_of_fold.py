"""What heads say of rows they were not fitted to, and which rows those are."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.solver import out_of_fold as module
from headswap.solver.out_of_fold import deal_folds, out_of_fold


def draw_clusters(num_classes, each, seed=0, spread=0.4):
    """Features (N, 8) around one centre a class, and the classes."""
    random = np.random.default_rng(seed)
    classes = np.repeat(np.arange(num_classes), each)
    centres = random.normal(size=(num_classes, 8))
    return centres[classes] + spread * random.normal(size=(len(classes), 8)), classes


def judge(features, targets, folds, kind):
    """Probabilities; rows of zeros have no label, but with several labels."""
    has_label = targets.any(axis=1) | (kind == "multilabel")
    return out_of_fold(features, targets, has_label, folds, kind)


def fold(features, targets, held, standardization="length"):
    """One fold's head, which rows without a label are not fitted to."""
    has_label = targets.any(axis=1)
    rows = module._Fold([features], targets, has_label, has_label & ~held, held)
    return module._Head(rows, "multiclass", standardization)


def test_clusters_are_told_apart_unseen():
    features, classes = draw_clusters(3, 20)
    folds = np.arange(60) % 5
    likely = judge([features], np.eye(3)[classes], folds, "multiclass")
    np.testing.assert_allclose(likely.sum(axis=1), 1)
    assert (likely.argmax(axis=1) == classes).mean() > 0.95


def test_no_row_vouches_for_itself():
    random = np.random.default_rng(1)
    features, classes = random.normal(size=(80, 200)), random.integers(0, 2, 80)
    likely = judge([features], np.eye(2)[classes], np.arange(80) % 4, "multiclass")
    # Noise of more dimensions than rows could be learnt by heart.
    assert 0.3 < (likely.argmax(axis=1) == classes).mean() < 0.7


def test_a_fold_s_answers_do_not_hang_on_its_own_labels():
    features, classes = draw_clusters(3, 20)
    folds, targets = np.arange(60) % 5, np.eye(3)[classes]
    held = folds == 2
    turned = targets.copy()
    turned[held] = np.roll(turned[held], 1, axis=1)
    first = fold(features, targets, held, "within")
    second = fold(features, turned, held, "within")
    np.testing.assert_array_equal(first.predict(0.01), second.predict(0.01))


def test_a_class_that_no_head_was_shown_gets_no_probability():
    features, classes = draw_clusters(3, 10)
    folds = np.where(classes == 2, 0, np.arange(30) % 3)
    likely = judge([features], np.eye(3)[classes], folds, "multiclass")
    assert np.isnan(likely[folds == 0, 2]).all()
    assert np.isfinite(likely[folds != 0]).all()


def test_rows_without_a_label_are_predicted_and_not_fitted():
    features, classes = draw_clusters(2, 20)
    targets = np.eye(2)[classes]
    targets[::5] = 0
    folds = np.arange(40) % 4
    likely = judge([features], targets, folds, "multiclass")
    assert (likely.argmax(axis=1) == classes).mean() > 0.9
    moved = features.copy()
    moved[::5] *= 100
    fitted = fold(features, targets, folds == 0).predict(0.01)
    again = fold(moved, targets, folds == 0).predict(0.01)
    has_label = targets[folds == 0].any(axis=1)
    np.testing.assert_array_equal(fitted[has_label], again[has_label])


def test_several_labels_are_judged_one_by_one():
    features, classes = draw_clusters(4, 20)
    targets = np.stack([classes % 2, classes // 2], axis=1).astype(float)
    likely = judge([features], targets, np.arange(80) % 5, "multilabel")
    assert ((likely > 0.5) == targets).mean() > 0.9


def test_blocks_of_features_are_joined():
    features, classes = draw_clusters(4, 20)
    one, two = features[:, :4], 1000 * features[:, 4:]
    likely = judge([one, two], np.eye(4)[classes], np.arange(80) % 5, "multiclass")
    assert (likely.argmax(axis=1) == classes).mean() > 0.9


@pytest.mark.parametrize("num_classes", [1, 2])
def test_where_nothing_can_be_told_apart_nothing_is_said(num_classes):
    features, targets = np.ones((4, 3)), np.eye(num_classes)[[0, 0, 0, 0]]
    likely = judge([features], targets, np.arange(4) % 2, "multiclass")
    assert np.isnan(likely).all()


def test_many_rows_let_fewer_folds_judge(monkeypatch):
    features, classes = draw_clusters(3, 20)
    monkeypatch.setattr(module, "MAX_JUDGED", 1)
    likely = judge([features], np.eye(3)[classes], np.arange(60) % 5, "multiclass")
    assert (likely.argmax(axis=1) == classes).mean() > 0.95


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30)), min_size=1),
    st.integers(2, 10),
)
def test_groups_stay_whole_and_classes_are_spread(rows, num_folds):
    strata = [stratum for stratum, _ in rows]
    groups = [f"group{group}" for _, group in rows]
    folds = deal_folds(strata, groups, num_folds)
    assert len(folds) == len(rows)
    for group in set(groups):
        assert len({f for f, g in zip(folds, groups, strict=True) if g == group}) == 1
    counts = np.bincount(
        [dict(zip(groups, folds, strict=True))[g] for g in set(groups)]
    )
    full = np.pad(counts, (0, num_folds - len(counts)))
    assert full.max() - full.min() <= 1


def test_a_class_is_in_as_many_folds_as_it_has_groups():
    strata = ["a"] * 12 + ["b"] * 3
    folds = deal_folds(strata, [f"{n:02}" for n in range(15)], 5)
    assert len(set(folds[:12])) == 5
    assert len(set(folds[12:])) == 3


def test_a_fold_that_judged_strengths_says_what_one_that_did_not_would(monkeypatch):
    """However far a search had to go, it ends at the same head."""
    features, classes = draw_clusters(5, 12, spread=0.8)
    wide = np.hstack([features, features**2, np.sin(9 * features)])
    given = [wide], np.eye(5)[classes], np.arange(60) % 5, "multiclass"

    def search(loss_at):
        losses = {l2: loss_at(l2) for l2 in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)}
        return {1e-6: losses[1e-6]}

    monkeypatch.setattr(module, "search", search)
    all_judge = judge(*given)
    monkeypatch.setattr(module, "MAX_JUDGED", 0)
    np.testing.assert_allclose(judge(*given), all_judge, atol=2e-3)


def test_memory_is_foreseen_to_within_a_factor_of_two():
    features = np.random.default_rng(0).random((250, 150), np.float32)
    targets = np.eye(2)[np.arange(250) % 2]
    tracemalloc.start()
    try:
        judge([features], targets, np.arange(250) // 2 % 5, "multiclass")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.5 < peak / module.bytes_of_folds(250, 150, 5) < 2
