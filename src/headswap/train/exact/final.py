"""The model fitted to every image, with the settings that the rounds agree on.

Nothing is left to judge it by, so its figures are those of the rounds. What it says of
each image unseen comes from folds of all images, groups whole.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from headswap import registry
from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import NO_FOLD, UNUSED, Split
from headswap.artifacts.dataset.targets import AnyTargets
from headswap.artifacts.dataset.tasks import Task, finest
from headswap.artifacts.features.cache import Features
from headswap.artifacts.model.strengths import Strength, Strengths, choose
from headswap.errors import InputError
from headswap.params.train import FIRST, Section
from headswap.solver.out_of_fold import deal_folds
from headswap.train.exact.rounds import solve_round
from headswap.train.outcome import Outcome
from headswap.train.rows import rows_of_rounds


def require_solved(options: Section, is_solved: bool) -> None:
    """Check that heads are solved where one is to be fitted to every image.

    Raises:
        InputError: they are trained.
    """
    if options.final != FIRST and not is_solved:
        raise InputError(
            "params.yaml: train.final must be first where anything is trained by "
            "gradient descent, as a network from scratch is, got all. Set "
            "train.final=first."
        )


def agree(rounds: Sequence[Strengths]) -> dict[str, Strength]:
    """Return the strength of each head that rounds agree on.

    The standardisation that most of them chose, of equals that with the lower loss; and
    of its strengths the median, between two the geometric mean.

    Args:
        rounds: what each of them compared, by name of the head.
    """
    agreed = {}
    for name in rounds[0]:
        chosen = [choose(compared[name]) for compared in rounds]
        votes = Counter(each.standardization for each in chosen)
        kind = min(
            votes,
            key=lambda kind: (
                -votes[kind],
                np.mean([each.loss for each in chosen if each.standardization == kind]),
            ),
        )
        own = [each for each in chosen if each.standardization == kind]
        # A strength of 0 has no logarithm; all are equal then, as it was asked for.
        strengths = np.array([each.l2 for each in own])
        l2 = np.exp(np.median(np.log(strengths))) if strengths.all() else 0.0
        loss = float(np.mean([each.loss for each in own]))
        agreed[name] = Strength(kind, float(l2), loss)
    return agreed


def train_on_all(split: Split, index: Index) -> Split:
    """Return one round in which every image trains that any round has a use for.

    An image stands among the training rows as often as it did at most, at least once.

    Args:
        split: of the N images.
        index: of the N images.
    """
    is_used = (split.parts != UNUSED).any(axis=0)
    rows = np.flatnonzero(is_used)
    cells = index.cells[finest(index.tasks).name]
    folds = np.full(len(is_used), NO_FOLD)
    folds[rows] = deal_folds(
        [cells[row] for row in rows],
        [split.groups[row] for row in rows],
        int(split.folds.max()) + 1,
    )
    times = np.where(is_used, np.maximum(split.times.max(axis=0), 1), 0)
    parts = np.where(is_used, "train", UNUSED)
    return replace(split, parts=parts[None], folds=folds[None], times=times[None])


def solve_all(
    features: Features,
    tasks: Sequence[Task],
    targets: Mapping[str, AnyTargets],
    index: Index,
    split: Split,
    options: Section,
    rounds: Sequence[Strengths],
) -> Outcome:
    """Return the heads fitted to every image.

    Args:
        features: the cached features, vectors.
        tasks: in training order.
        targets: (rows, C) float32 of 0 and 1 by task name, for every feature row.
        index: of the N images.
        split: of `train_on_all`.
        options: the `train` section.
        rounds: what the rounds compared, by name of the head.
    """
    (rows,) = rows_of_rounds(features, index, split)
    chained = registry.load("train/strategies", options.strategy).CHAINED
    settled = agree(rounds)
    return solve_round(
        features.members, tasks, targets, rows, options, chained, settled
    )
