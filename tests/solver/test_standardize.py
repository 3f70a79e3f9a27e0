"""Standardised features: of one length, white within classes, and only on a span."""

import numpy as np
import pytest

from headswap.solver.logistic import Problem, probabilities
from headswap.solver.standardize import SHRINKAGE, Span, scale


def drawn(num_rows, num_columns, seed=0):
    random = np.random.default_rng(seed)
    classes = np.arange(num_rows) % 4
    spread = np.geomspace(3, 0.1, num_columns)
    rows = random.normal(size=(num_rows, num_columns)) * spread + 5
    rows += random.normal(size=(4, num_columns))[classes]
    return rows.astype(np.float32), np.eye(4)[classes], np.ones(num_rows)


@pytest.mark.parametrize(("num_rows", "num_columns"), [(30, 90), (200, 12)])
def test_plain_coordinates_have_the_length_of_the_rows(num_rows, num_columns):
    rows, _, times = drawn(num_rows, num_columns)
    coordinates = Span(rows, times, True).plain().standardization(rows)
    np.testing.assert_allclose((coordinates**2).sum(axis=1), 1, rtol=1e-9)
    bare = Span(rows, times, False).plain().standardization(rows)
    lengths = (rows.astype(float) ** 2).sum(axis=1)
    np.testing.assert_allclose((bare**2).sum(axis=1), lengths, rtol=1e-9)


def test_within_has_one_variance_in_every_direction_but_for_the_shrinkage():
    rows, targets, times = drawn(4000, 12)
    coordinates = Span(rows, times, True).within(targets).standardization(rows)
    means = targets.T @ coordinates / targets.sum(axis=0)[:, None]
    inside = coordinates - targets @ means
    variances = np.linalg.eigvalsh(inside.T @ inside / len(rows))
    plain = Span(rows, times, True).plain().standardization(rows)
    means = targets.T @ plain / targets.sum(axis=0)[:, None]
    before = np.linalg.eigvalsh(np.cov((plain - targets @ means).T, bias=True))
    expected = before / (before + SHRINKAGE * before.mean())
    np.testing.assert_allclose(variances / variances.max(), expected / expected.max())
    assert before.max() / before.min() > 100 > 10 > variances.max() / variances[6]


@pytest.mark.parametrize("kind", ["plain", "within"])
@pytest.mark.parametrize(("num_rows", "num_columns"), [(30, 90), (200, 12)])
def test_coordinates_lie_along_the_principal_axes(kind, num_rows, num_columns):
    rows, targets, times = drawn(num_rows, num_columns)
    times[:7] = 3
    span = Span(rows, times, True)
    found = span.within(targets) if kind == "within" else span.plain()
    np.testing.assert_allclose(
        found.coordinates, found.standardization(rows), atol=1e-9
    )
    products = found.coordinates.T @ (found.coordinates * times[:, None])
    varied = products.diagonal().copy()
    np.fill_diagonal(products, 0)
    np.testing.assert_allclose(products, 0, atol=1e-9 * varied.max())


def test_coordinates_have_a_mean_length_of_one():
    rows, targets, times = drawn(40, 90)
    coordinates = Span(rows, times, True).within(targets).standardization(rows)
    lengths = np.sqrt((coordinates**2).sum(axis=1))
    assert lengths.mean() == pytest.approx(1)


def test_a_row_that_counts_twice_is_a_row_that_stands_twice():
    rows, targets, times = drawn(40, 90)
    times[:5] = 2
    often = np.repeat(np.arange(40), times.astype(int))
    one = Span(rows, times, True).within(targets).standardization
    twice = Span(rows[often], np.ones(45), True)
    other = twice.within(targets[often]).standardization
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-12)
    products = [each(rows) @ each(rows).T for each in (one, other)]
    np.testing.assert_allclose(products[0], products[1], atol=1e-10)


@pytest.mark.parametrize("kind", ["plain", "within"])
def test_the_span_of_the_rows_gives_what_all_dimensions_give(kind):
    """Solved on 30 coordinates or on all 90, a head says the same of other rows."""
    rows, targets, times = drawn(30, 90)
    others, _, _ = drawn(50, 90, seed=1)
    span = Span(rows, times, True)
    standardized = span.within(targets) if kind == "within" else span.plain()
    found = standardized.standardization
    mean = rows.astype(float).mean(axis=0)
    scaled = [scale(each, mean, True) for each in (rows, others)]
    if kind == "within":
        means = targets.T @ scaled[0] / targets.sum(axis=0)[:, None]
        inside = scaled[0] - targets @ means
        variances, axes = np.linalg.eigh(inside.T @ inside / len(rows))
        added = SHRINKAGE * variances.sum() / 90
        whiten = axes / np.sqrt(variances.clip(0) + added)
        whiten /= np.sqrt(((scaled[0] @ whiten) ** 2).sum(axis=1)).mean()
        scaled = [each @ whiten for each in scaled]
    said = []
    for fitted, asked in ((found(rows), found(others)), scaled):
        problem = Problem(fitted, targets, times, np.ones(4), "multiclass")
        said.append(probabilities(problem.solve(1e-4)(asked), "multiclass"))
    # Off the principal axes a search ends a little further from the minimum.
    np.testing.assert_allclose(said[0], said[1], atol=5e-5)


def test_rows_that_are_all_the_same_give_finite_coordinates():
    rows = np.full((6, 3), 2.0, np.float32)
    targets = np.eye(2)[[0, 1] * 3]
    span = Span(rows, np.ones(6), True)
    for standardized in (span.within(targets), span.plain()):
        assert np.isfinite(standardized.standardization(rows)).all()


def test_one_image_a_class_whitens_nothing():
    """There is nothing within a class then but rounding errors."""
    rows, _, times = drawn(30, 90)
    span = Span(rows, times, True)
    assert span.within(np.eye(30)) is span.plain()
