"""The grid of strengths goes on until the best one is well inside it."""

import itertools
import math

import pytest

from headswap.solver.strength import BEYOND, STRONGEST, WEAKEST, search, strength


@pytest.mark.parametrize("best", [-5.0, -2.0, 1.0, 4.0, 4.4, 9.0, 17.0])
def test_the_best_strength_has_neighbours_on_both_sides(best):
    losses = search(lambda l2: (-2 * math.log10(l2) - best) ** 2)
    ordered = sorted(losses)
    place = ordered.index(min(losses, key=losses.get))
    assert BEYOND <= place < len(ordered) - BEYOND
    # A parabola is met exactly.
    assert -2 * math.log10(ordered[place]) == pytest.approx(best, abs=1e-6)


def test_neighbours_are_half_a_decade_apart():
    ordered = sorted(search(lambda l2: abs(-2 * math.log10(l2) - 9)))
    for weaker, stronger in itertools.pairwise(ordered):
        assert stronger / weaker == pytest.approx(10**0.5)


def test_no_strength_is_asked_for_twice():
    asked = []
    search(lambda l2: asked.append(l2) or (-2 * math.log10(l2)) ** 2)
    assert len(asked) == len(set(asked))


def test_a_loss_that_never_turns_ends_at_the_weakest_or_the_strongest():
    assert min(search(lambda l2: l2)) == strength(WEAKEST)
    assert max(search(lambda l2: -l2)) == strength(STRONGEST)
