"""`intervals.json`: how sure every score of the validation and the test part is.

{task or relation: {part: {estimand, images, groups, rounds, train_images, scores:
{metric: {value, low, high, method}}}}}. Where rounds have different images, `spread`
has the factor and the degrees of freedom that comparisons over these rounds need too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from headswap.artifacts.dataset.split import Split
from headswap.evaluate.answers import ERROR, Answers
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


def write_intervals(
    path: Path, figures: Figures, answers: Mapping[str, Answers], split: Split
) -> dict[str, dict[str, Any]]:
    """Write the intervals of all scores, and return what was written.

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
    return report


def _of_part(
    rounds: Sequence[Mapping[str, float]], answers: Answers, split: Split, part: str
) -> dict[str, Any]:
    first, *_ = (*answers.shares.values(), *(top for top, _ in answers.ratios.values()))
    is_labelled = ~np.isnan(first[0])
    rounds = [
        {name: x for name, x in scores.items() if not name.startswith(ERROR)}
        for scores in rounds
    ]
    is_part = (split.parts == part) & is_labelled
    trains = (split.parts == "train") & is_labelled
    facts: dict[str, Any] = {
        "estimand": RECIPE,
        "images": round(float(is_part.sum(axis=1).mean()), 1),
        "groups": round(float(np.mean([_num_groups(split, of) for of in is_part])), 1),
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
                answers,
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


def _num_groups(split: Split, is_part: np.ndarray) -> int:
    return len(np.unique(split.groups[is_part]))


def _of_rounds(
    metric: str,
    answers: Answers,
    values: Sequence[float],
    spread: Rounds,
    images_a_round: float,
    num_images: int,
) -> Interval:
    """Return the interval of a mean over rounds with different images."""
    if metric in answers.losses:
        return spread.interval_of_losses(values)
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
    for metric, (top, bottom) in answers.sums.items():
        counted = rows[~np.isnan(top[0, rows])]
        if not len(counted):
            found[metric] = no_interval("no image of it has a label")
            continue
        units, is_grouped = _units(groups[counted])
        found[metric] = _resample(
            [
                lambda weights, sums=sums, units=units: (
                    _total(weights, sums[0], units) / _total(weights, sums[1], units)
                )
                for sums in zip(top[:, counted], bottom[:, counted], strict=True)
            ],
            int(units.max()) + 1,
            NUM_RESAMPLES,
            is_grouped,
            np.inf if metric in answers.losses else 1.0,
        )
    if answers.targets is None:
        return {metric: found[metric] for metric in metrics}
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
    functions: Sequence[Any],
    num_units: int,
    num_resamples: int,
    is_grouped: bool,
    highest: float = 1.0,
) -> Interval:
    return bootstrap(
        lambda weights: np.mean([each(weights) for each in functions], axis=0),
        num_units,
        num_resamples,
        _SEED,
        is_grouped,
        highest,
    )


def _weighted(weights: np.ndarray, values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return the mean of values under weights of units, (B, U), in each resample."""
    return _total(weights, values, units) / _total(weights, np.ones(len(units)), units)


def _total(weights: np.ndarray, values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return the sum of values under weights of units, (B, U), in each resample."""
    return np.asarray(weights @ np.bincount(units, values, weights.shape[1]))


def _entry(values: Sequence[float], interval: Interval) -> dict[str, Any]:
    """Return a score for the file; null where it has no value."""
    bounds = [np.mean(values), interval.low, interval.high]
    value, low, high = (
        None if x is None or np.isnan(x) else round(float(x), DIGITS) for x in bounds
    )
    return {"value": value, "low": low, "high": high, "method": interval.method}
