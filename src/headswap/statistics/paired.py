"""Two runs' answers to the same images: how far the runs differ, and whether at all.

What counts is the mean over tasks, and over rounds where several answer the same
images, of macro F1, or of mean average precision where the answers are probabilities.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from headswap.statistics.bootstrap import NUM_RESAMPLES, bootstrap
from headswap.statistics.intervals import Interval
from headswap.statistics.resampling import Resampled, affordable

_NUM_SWAPS = 10_000
_SEED = 0
# Numbers at a time: 32 MB in float64.
_BLOCK = 4_000_000


class Answers(NamedTuple):
    """Two runs' answers in one task.

    Attributes:
        actual: the classes, (N, C) of 0 and 1.
        first: a run's answers, (N, C) of 0 and 1, or (rounds, N, C); by rank, its
            probabilities.
        second: another run's.
        groups: of the images, (N,); a group may be in several tasks.
        by_rank: score them by mean average precision.
    """

    actual: np.ndarray
    first: np.ndarray
    second: np.ndarray
    groups: np.ndarray
    by_rank: bool = False


class Paired:
    """Two runs' answers to the same images.

    Args:
        tasks: the answers in each.
    """

    def __init__(self, tasks: Sequence[Answers]):
        names = np.concatenate([each.groups for each in tasks])
        known, groups = np.unique(names, return_inverse=True)
        self._num_groups = len(known)
        ends = np.cumsum([len(each.groups) for each in tasks])
        of_tasks = np.split(groups, ends[:-1])
        self._is_grouped = any(np.bincount(own).max(initial=0) > 1 for own in of_tasks)
        self._tasks = [
            (_Ranks if each.by_rank else _Sums)(each, own, self._num_groups)
            for each, own in zip(tasks, of_tasks, strict=True)
        ]

    def difference(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Return how much the first run is above the second, (B,).

        Args:
            weights: how often each group counts, (B, G); by default once.
        """
        if weights is None:
            weights = np.ones((1, self._num_groups))
        return np.mean([each.difference(weights) for each in self._tasks], axis=0)

    def interval(self) -> Interval:
        """Return the interval of the difference, by resampling the groups."""
        found = bootstrap(
            # From 0 to 2, as what is resampled is a score.
            lambda weights: 1 + self.difference(weights),
            self._num_groups,
            self._affordable(NUM_RESAMPLES),
            _SEED,
            self._is_grouped,
            highest=2.0,
        )
        if found.low is None or found.high is None:
            return found
        return Interval(found.low - 1, found.high - 1, found.method)

    def p_value(self) -> float:
        """Return the p of no difference.

        If two runs are alike, their answers can be swapped: those to all images of a
        group at once, in all tasks, for each group by the toss of a coin.

        Source: Noreen (1989), "Computer-Intensive Methods for Testing Hypotheses", for
        approximate randomisation; p as in Phipson and Smyth (2010).
        """
        differs = np.flatnonzero(np.any([x.differs for x in self._tasks], axis=0))
        if not len(differs):
            return 1.0
        observed = abs(float(self.difference()[0]))
        random = np.random.default_rng(_SEED)
        at_least = 0
        largest = max(each.width for each in self._tasks)
        block = max(1, _BLOCK // (len(differs) + largest))
        num_swaps = self._affordable(_NUM_SWAPS)
        for start in range(0, num_swaps, block):
            shape = min(block, num_swaps - start), len(differs)
            swaps = random.integers(0, 2, shape)
            swapped = np.mean([x.swapped(swaps, differs) for x in self._tasks], axis=0)
            at_least += int((np.abs(swapped) >= observed - 1e-12).sum())
        return (at_least + 1) / (num_swaps + 1)

    def _affordable(self, wanted: int) -> int:
        """Return how many differences can be had in seconds, of so many."""
        return affordable(wanted, sum(each.work for each in self._tasks))


class _Sums:
    """A task's answers, summed by group, for their macro F1.

    Args:
        answers: of the task.
        groups: of its images, (N,) int.
        num_groups: of all tasks.
    """

    # What is summed by group costs next to nothing.
    work = 0

    def __init__(self, answers: Answers, groups: np.ndarray, num_groups: int):
        actual = answers.actual
        runs = _by_round(answers)
        num_rounds, num_classes = len(runs[0]), actual.shape[1]
        # Of each run: right answers and all answers, by group, round and class.
        self._sums = np.zeros((2, 2, num_groups, num_rounds, num_classes))
        for sums, given in zip(self._sums, runs, strict=True):
            by_image = given.transpose(1, 0, 2)
            np.add.at(sums[0], groups, actual[:, None] * by_image)
            np.add.at(sums[1], groups, by_image)
        self._support = np.zeros((num_groups, 1, num_classes))
        np.add.at(self._support, groups, actual[:, None])
        self._change = self._sums[1] - self._sums[0]
        self.width = num_rounds * num_classes

    @property
    def differs(self) -> np.ndarray:
        """In which groups the runs' answers do, (G,) bool."""
        return self._change.any(axis=(0, 2, 3))

    def difference(self, weights: np.ndarray) -> np.ndarray:
        """Return that of the macro F1, (B,), where groups count so often, (B, G)."""
        support = np.tensordot(weights, self._support, 1)
        first, second = (
            _macro_f1(
                np.tensordot(weights, hits, 1), np.tensordot(weights, named, 1), support
            )
            for hits, named in self._sums
        )
        return first - second

    def swapped(self, swaps: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """Return that where some groups' answers are swapped, (B,).

        Args:
            swaps: whether a group's are, (B, M) of 0 and 1.
            groups: which ones these are, (M,).
        """
        hits, named = (np.tensordot(swaps, each[groups], 1) for each in self._change)
        support = self._support.sum(axis=0)
        totals = self._sums.sum(axis=2)
        return _macro_f1(
            totals[0, 0] + hits, totals[0, 1] + named, support
        ) - _macro_f1(totals[1, 0] - hits, totals[1, 1] - named, support)


class _Ranks:
    """A task's probabilities, for their mean average precision.

    Both runs' are ranked together once a round; a run is then what counts of them.

    Args:
        answers: of the task.
        groups: of its images, (N,) int.
        num_groups: of all tasks.
    """

    def __init__(self, answers: Answers, groups: np.ndarray, num_groups: int):
        first, second = _by_round(answers)
        actual = np.tile(answers.actual, (2, 1))
        units = np.concatenate([groups, num_groups + groups])
        self._scores = [
            Resampled(
                actual, np.concatenate(pair), actual, "multilabel", units
            ).metrics()["mean_average_precision"]
            for pair in zip(first, second, strict=True)
        ]
        self.differs = np.zeros(num_groups, bool)
        self.differs[groups[(first != second).any(axis=(0, 2))]] = True
        self.width = 2 * num_groups
        self.work = 2 * len(self._scores) * actual.size

    def difference(self, weights: np.ndarray) -> np.ndarray:
        """Return that of the score, (B,), where groups count so often, (B, G)."""
        return self._difference(weights, np.zeros_like(weights))

    def swapped(self, swaps: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """Return that where some groups' answers are swapped, as `_Sums` has it."""
        given = np.zeros((len(swaps), len(self.differs)))
        given[:, groups] = swaps
        return self._difference(1 - given, given)

    def _difference(self, own: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return that of runs with these groups' answers of the first and the second.

        Args:
            own: how often those of a run itself count, (B, G).
            others: how often those of the other one do.
        """
        first, second = np.hstack([own, others]), np.hstack([others, own])
        differences = [score(first) - score(second) for score in self._scores]
        return np.asarray(np.mean(differences, axis=0))


def _by_round(answers: Answers) -> list[np.ndarray]:
    """Return both runs' answers, (rounds, N, C) each."""
    shape = -1, *answers.actual.shape
    return [answers.first.reshape(shape), answers.second.reshape(shape)]


def _macro_f1(hits: np.ndarray, named: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Return the mean over rounds of macro F1 over classes that are there, (B,).

    Args:
        hits: right answers, (B, rounds, C).
        named: answers, (B, rounds, C).
        support: images, (B, 1, C) or (1, C).
    """
    is_there = np.broadcast_to(support > 0, hits.shape)
    f1 = np.where(is_there, 2 * hits / np.maximum(named + support, 1), 0)
    means = f1.sum(axis=-1) / np.maximum(is_there.sum(axis=-1), 1)
    return np.asarray(means.mean(axis=-1))
