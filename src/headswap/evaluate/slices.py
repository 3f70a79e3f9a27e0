"""`slices.csv`: how often answers are right, apart by camera, site or the like.

(slice, value, task, images, groups, score, low, high, method): the share of the test
images of a slice that are right, as a mean over the rounds that test any of it, with
its interval of 95 %. A slice may lack classes, so that means over classes would not be
of the same ones in all slices.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import Split
from headswap.artifacts.storage.tables import write_table
from headswap.statistics.bootstrap import NUM_RESAMPLES, bootstrap
from headswap.statistics.intervals import Interval, no_interval, wilson_of_groups
from headswap.statistics.rounds import FEWEST_ROUNDS, Rounds, no_surer_than

_HEADER = ["slice", "value", "task", "images", "groups", "score", "low", "high"]
_SEED = 0
DIGITS = 6


def write_slices(
    path: Path, predicted: Mapping[str, np.ndarray], index: Index, split: Split
) -> None:
    """Write how often answers are right in each slice.

    Args:
        path: of the table.
        predicted: (rounds, N, C) of 0 and 1, by task name.
        index: of the N images.
        split: of the N images.
    """

    def rows() -> Iterator[list[object]]:
        for task in index.tasks:
            targets = task.encode(index.cells[task.name]).astype(int)
            is_right = (targets == predicted[task.name]).all(axis=2).astype(float)
            is_tested = (split.parts == "test") & task.is_labelled(targets)
            for name, column in index.slices.items():
                cells = np.array(column)
                for value in np.unique(cells):
                    is_here = is_tested & (cells == value)
                    if is_here.any():
                        yield [
                            *(name, str(value), task.name),
                            *_score(is_right, is_here, split),
                        ]

    write_table(path, [*_HEADER, "method"], rows())


def _score(is_right: np.ndarray, is_here: np.ndarray, split: Split) -> Iterator[object]:
    """Yield images and groups a round, the share right, and its interval.

    Args:
        is_right: (rounds, N) of 0 and 1.
        is_here: (rounds, N) bool, at least one in any round.
        split: of the N images.
    """
    used = is_here.any(axis=1)
    is_right, is_here = is_right[used], is_here[used]
    shares = [
        float(each[here].mean()) for each, here in zip(is_right, is_here, strict=True)
    ]
    groups = [len(np.unique(split.groups[here])) for here in is_here]
    yield f"{is_here.sum(axis=1).mean():g}"
    yield f"{np.mean(groups):g}"
    yield f"{np.mean(shares):.{DIGITS}f}"
    found = _interval(shares, is_right, is_here, split)
    yield "" if found.low is None else f"{found.low:.{DIGITS}f}"
    yield "" if found.high is None else f"{found.high:.{DIGITS}f}"
    yield found.method


def _interval(
    shares: list[float], is_right: np.ndarray, is_here: np.ndarray, split: Split
) -> Interval:
    images = np.flatnonzero(is_here.any(axis=0))
    if not (is_here == is_here[0]).all():
        if len(shares) < FEWEST_ROUNDS:
            return no_interval(
                f"{len(shares)} rounds are too few, {FEWEST_ROUNDS} are needed"
            )
        # How much rounds have in common hangs on the whole part, not on the slice.
        num_test, num_train = (
            float((split.parts == part).sum(axis=1).mean())
            for part in ("test", "train")
        )
        spread = Rounds.drawn(len(shares), num_test, num_train)
        found = spread.interval(shares, float(is_here.sum(axis=1).mean()))
        return no_surer_than(found, float(np.mean(shares)), len(images))
    _, units = np.unique(split.groups[images], return_inverse=True)
    mean = is_right[:, images].mean(axis=0)
    if len(shares) == 1:
        return wilson_of_groups(mean, units)
    sums, counts = np.bincount(units, mean), np.bincount(units)
    return bootstrap(
        lambda weights: (weights @ sums) / (weights @ counts),
        len(counts),
        NUM_RESAMPLES,
        _SEED,
        len(counts) < len(images),
    )
