"""`intervals.json`: how sure every score of the validation and the test part is.

{task or relation: {part: {estimand, images, groups, rounds, train_images, scores:
{metric: {value, low, high, method}}}}}. Where rounds have different images, `spread`
has the factor and the degrees of freedom that comparisons over these rounds need too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from headswap.artifacts.dataset.split import Split
from headswap.evaluate.report import DIGITS, Figures
from headswap.statistics.bootstrap import NUM_RESAMPLES, bootstrap
from headswap.statistics.intervals import Interval, no_interval, wilson_of_groups
from headswap.statistics.resampling import RANKED, Resampled
from headswap.statistics.rounds import Rounds, no_surer_than

# What a model was fitted to says nothing of new images.
PARTS = ("validation", "test")
MODEL = "this model on new images"
MODELS = "these models, each fitted to other images, on new images"
RECIPE = "this recipe on new training sets"
_SEED = 0


class Answers(NamedTuple):
    """What is known of one task, or of two together.

    Attributes:
        shares: of each image, (rounds, N) of 0 and 1, by the name of the metric that is
            their mean; NaN where an image has no label, in all rounds alike.
        targets: (N, C) of 0 and 1; None for two tasks together.
        probabilities: (rounds, N, C).
        predicted: (rounds, N, C) of 0 and 1.
        kind: of the task.
    """

    shares: Mapping[str, np.ndarray]
    targets: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    predicted: np.ndarray | None = None
    kind: str = "multiclass"


def write_intervals(
    path: Path, figures: Figures, answers: Mapping[str, Answers], split: Split
) -> None:
    """Write the intervals of all scores.

    Args:
        path: of the file.
        figures: scores of each round.
        answers: by the name of the task or relation.
        split: of the N images.
    """
    report: dict[str, dict[str, Any]] = {}
    for (name, part), rounds in figures.items():
        if part in PARTS:
            found = _of_part(rounds, answers[name], split, part)
            report.setdefault(name, {})[part] = found
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _of_part(
    rounds: Sequence[Mapping[str, float]], answers: Answers, split: Split, part: str
) -> dict[str, Any]:
    is_labelled = ~np.isnan(next(iter(answers.shares.values()))[0])
    is_part = (split.parts == part) & is_labelled
    trains = (split.parts == "train") & is_labelled
    facts: dict[str, Any] = {
        "estimand": RECIPE,
        "images": round(float(is_part.sum(axis=1).mean()), 1),
        "groups": round(float(np.mean([r.groups[part] for r in split.rounds])), 1),
        "rounds": len(rounds),
        "train_images": round(float(trains.sum(axis=1).mean()), 1),
    }
    if (is_part == is_part[0]).all():
        facts["estimand"] = MODEL if len(rounds) == 1 else MODELS
        rows = np.flatnonzero(is_part[0])
        intervals = _of_images(rounds[0], answers, split.groups, rows)
    else:
        spread = spread_of(split, part)
        facts["spread"] = asdict(spread)
        num_images = int(is_part.any(axis=0).sum())
        intervals = {
            metric: _of_rounds(
                metric,
                [scores[metric] for scores in rounds],
                spread,
                facts["images"],
                num_images,
            )
            for metric in rounds[0]
        }
    facts["scores"] = {
        metric: _entry([scores[metric] for scores in rounds], interval)
        for metric, interval in intervals.items()
    }
    return facts


def _of_rounds(
    metric: str,
    values: Sequence[float],
    spread: Rounds,
    images_a_round: float,
    num_images: int,
) -> Interval:
    """Return the interval of a mean over rounds with different images."""
    found = spread.interval(values, images_a_round)
    if metric in RANKED:
        return found
    return no_surer_than(found, float(np.mean(values)), num_images)


def spread_of(split: Split, part: str) -> Rounds:
    """Return how much the rounds say of a mean over them, where their images differ."""
    num_repeats = len({made.repeat for made in split.rounds})
    num_folds = split.num_rounds // num_repeats
    if part == "test" and num_folds > 1:
        return Rounds.of_folds(num_repeats, num_folds)
    scored, train = (
        float((split.parts == name).sum(axis=1).mean()) for name in (part, "train")
    )
    return Rounds.drawn(split.num_rounds, scored, train)


def _of_images(
    metrics: Mapping[str, float], answers: Answers, groups: np.ndarray, rows: np.ndarray
) -> dict[str, Interval]:
    """Return the intervals under other images, the same in all rounds.

    Args:
        metrics: whose names are wanted.
        answers: of all images.
        groups: of all images.
        rows: of the part's images.
    """
    found = {}
    for metric, shares in answers.shares.items():
        counted = rows[~np.isnan(shares[0, rows])]
        if not len(counted):
            found[metric] = no_interval("no image of it has a label")
            continue
        units, is_grouped = _units(groups[counted])
        mean = shares[:, counted].mean(axis=0)
        # An average over rounds is no share of images right.
        if len(shares) == 1:
            found[metric] = wilson_of_groups(mean, units)
        else:
            found[metric] = _resample(
                [
                    lambda weights, mean=mean, units=units: _weighted(
                        weights, mean, units
                    )
                ],
                int(units.max()) + 1,
                NUM_RESAMPLES,
                is_grouped,
            )
    if answers.targets is None:
        return found
    assert answers.probabilities is not None and answers.predicted is not None
    units, is_grouped = _units(groups[rows])
    rounds = [
        Resampled(answers.targets[rows], made[rows], named[rows], answers.kind, units)
        for made, named in zip(answers.probabilities, answers.predicted, strict=True)
    ]
    of_rounds = [resampled.metrics() for resampled in rounds]
    for metric in metrics:
        if metric not in found:
            found[metric] = _resample(
                [functions[metric] for functions in of_rounds],
                rounds[0].num_units,
                rounds[0].num_resamples(metric, NUM_RESAMPLES),
                is_grouped,
            )
    return {metric: found[metric] for metric in metrics}


def _units(groups: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the number of each image's group, and whether any has several images."""
    _, units = np.unique(groups, return_inverse=True)
    return units, bool(units.max() + 1 < len(units))


def _resample(
    functions: Sequence[Any], num_units: int, num_resamples: int, is_grouped: bool
) -> Interval:
    return bootstrap(
        lambda weights: np.mean([each(weights) for each in functions], axis=0),
        num_units,
        num_resamples,
        _SEED,
        is_grouped,
    )


def _weighted(weights: np.ndarray, values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return the mean of values under weights of units, (B, U), in each resample."""
    sums = np.bincount(units, values, weights.shape[1])
    return (weights @ sums) / (weights @ np.bincount(units))


def _entry(values: Sequence[float], interval: Interval) -> dict[str, Any]:
    """Return a score for the file; null where it has no value."""
    bounds = [np.mean(values), interval.low, interval.high]
    value, low, high = (
        None if x is None or np.isnan(x) else round(float(x), DIGITS) for x in bounds
    )
    return {"value": value, "low": low, "high": high, "method": interval.method}
