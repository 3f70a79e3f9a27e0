"""Sentences on one run's scores are those of the figures."""

import pytest

from headswap.statistics import words


def test_the_score_that_decides_is_the_first_there_is():
    assert words.primary(["f1", "mean_average_precision"]) == "mean_average_precision"
    assert words.primary(["accuracy", "f1"]) == "f1"
    assert words.primary(["accuracy"]) is None


@pytest.mark.parametrize(
    "metric", ["hamming_loss", "log_loss", "brier", "ece", "false_alarms"]
)
def test_losses_are_better_when_lower(metric):
    assert words.is_loss(metric)
    assert not words.is_loss("f1")


def test_more_groups_show_smaller_differences():
    few, many = (words.state_power(0.9, groups, 0.02) for groups in (50, 5000))
    assert "difference of 0.173" in few
    assert "difference of 0.018" in many
    # What 0.02 takes does not hang on the groups there are.
    assert few.partition("takes ")[2] == many.partition("takes ")[2] == "3,923."


def test_a_perfect_score_on_few_groups_shows_little():
    assert "difference of 0." in words.state_power(1.0, 10, 0.02)
    assert "no difference" in words.state_power(1.0, 0, 0.02)
