"""What a score of one run says, in words: how high, how sure, what could be seen.

In: entries of `metrics/intervals.json`. Out: sentences, for a report and for whoever
compares runs.
"""

from collections.abc import Collection, Mapping
from typing import Any

from headswap.statistics.comparisons import groups_needed, smallest_difference

# The score that decides, of the first kind that a task has.
F1 = "f1"
PRIMARY = ("mean_average_precision", F1)
# Where validation has fewer images, a choice by it is weak.
FEW_IMAGES = 100
# Shares below this would be seen too easily: chance alone moves an answer or two.
_LEAST_DISAGREEING = 0.01
_NAMES = {
    "f1": "macro F1",
    "auc": "AUC",
    "ece": "ECE",
    "brier_loss": "Brier score",
    "false_alarms": "falsely unlike",
}
# Better when low, as all that is called a loss; not drawn from 0 to 1.
_LOSSES = ("brier", "ece", "false")


def primary(metrics: Collection[str]) -> str | None:
    """Return the metric that decides for a task, None where it has none."""
    return next((metric for metric in PRIMARY if metric in metrics), None)


def name_of(metric: str) -> str:
    """Return a metric's name for people, such as `macro F1`."""
    return _NAMES.get(metric, metric.replace("_", " "))


def is_loss(metric: str) -> bool:
    """Whether a metric is better when it is lower."""
    return metric.endswith("_loss") or metric.split("_")[0] in _LOSSES


def bounds(entry: Mapping[str, Any], joint: str = " to ") -> str:
    """Return the bounds of an interval, or why there is none."""
    if entry["low"] is None:
        return str(entry["method"])
    return f"{entry['low']:.3f}{joint}{entry['high']:.3f}"


def p_value(p: float) -> str:
    """Return a p-value for people: one that rounds to nothing is not nothing."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def state_score(task: str, metric: str, part: Mapping[str, Any]) -> str:
    """Return the test score of a task with its interval, and what that is about.

    Args:
        task: name of the task.
        metric: which score.
        part: the entry of the task's test part.
    """
    entry = part["scores"][metric]
    about = part["estimand"]
    start = f"Test {name_of(metric)} of {task}: "
    if entry["value"] is None:
        return f"{start}no value, {entry['method']}."
    start += f"{entry['value']:.3f}"
    if entry["low"] is None:
        return f"{start}, for {about}; no interval: {entry['method']}."
    return f"{start} ({bounds(entry, ', ')}), for {about}."


def warn_of_validation(images: float) -> str | None:
    """Return that a choice by so many validation images is weak, or None."""
    if images >= FEW_IMAGES:
        return None
    return f"That choice is weak: validation has {images:.0f} images a round."


def state_power(accuracy: float, groups: float, delta: float) -> str:
    """Return which difference to another run this test part could have shown.

    How often another run's answers differ is not known of one run. Two that are right
    equally often differ in at most twice the share that is wrong, so nothing smaller
    than what is said here is sure to have been seen.

    Args:
        accuracy: share of test images that are right.
        groups: of the test part.
        delta: the difference that matters.

    Source: Connor (1987), Biometrics 43, 207-211.
    """
    disagreeing = min(1.0, max(2 * (1 - accuracy), _LEAST_DISAGREEING))
    if groups < 1:
        return "No test group: it can show no difference."
    shown = smallest_difference(disagreeing, int(groups))
    needed = groups_needed(disagreeing, delta)
    return (
        f"Against a run that errs on other pictures, {groups:.0f} test groups show a "
        f"difference of {shown:.3f} in four tests of five; to show {delta:g} takes "
        f"{needed:,}."
    )
