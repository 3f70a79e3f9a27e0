"""Decision thresholds of multilabel tasks, chosen on images not fitted to."""

from collections.abc import Mapping, Sequence

import numpy as np

from headswap.artifacts.dataset.tasks import Task
from headswap.errors import InputError, listed
from headswap.params.train import Aim, read_aim

DEFAULT_THRESHOLD = 0.5


def read_aims(wanted: Mapping[str, str], tasks: Sequence[Task]) -> dict[str, Aim]:
    """Return what the thresholds of classes are to reach, by class.

    Args:
        wanted: `train.threshold_for`.
        tasks: all tasks.

    Raises:
        InputError: a name is that of no class of a multilabel task.
    """
    known = [
        name for task in tasks if task.kind == "multilabel" for name in task.class_names
    ]
    if unknown := [name for name in wanted if name not in known]:
        raise InputError(
            "train.threshold_for: it must name classes of a task with several labels, "
            f"{listed(known) or 'of which there is none'}, got {listed(unknown)}. "
            "Correct the names or remove them."
        )
    return {name: read_aim(text) for name, text in wanted.items()}


def reach(target: np.ndarray, probability: np.ndarray, aim: Aim) -> float | None:
    """Return the threshold that reaches an aim, None where there is none.

    Of several, that with the most of the other: recall is had at the highest threshold,
    precision at the lowest.

    Args:
        target: (N,) of 0 and 1.
        probability: (N,), 0..1.
        aim: of the class.
    """
    candidates = _between(probability)
    hits = _count_at_least(probability[target > 0], candidates)
    of = (
        np.full(len(candidates), target.sum())
        if aim.metric == "recall"
        else _count_at_least(probability, candidates)
    )
    reached = candidates[(hits > 0) & (hits >= aim.at_least * of - 1e-9)]
    if not len(reached):
        return None
    return float(reached.max() if aim.metric == "recall" else reached.min())


def choose_thresholds(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the threshold of each class with the highest F1 score, (C,) float64.

    A threshold lies half-way between two probabilities that occur. Of several that are
    equally good, the one nearest to 0.5 is taken; a class without a positive target
    keeps 0.5.

    Args:
        targets: (N, C) of 0 and 1, of validation images.
        probabilities: (N, C), 0..1.
    """
    columns = zip(targets.T, probabilities.T, strict=True)
    return np.array([_choose(target, probability) for target, probability in columns])


def _choose(target: np.ndarray, probability: np.ndarray) -> float:
    if not target.any():
        return DEFAULT_THRESHOLD
    candidates = _between(probability)
    hits = _count_at_least(probability[target > 0], candidates)
    f1 = 2 * hits / (_count_at_least(probability, candidates) + target.sum())
    best = candidates[f1 >= f1.max() - 1e-12]
    return float(best[np.abs(best - DEFAULT_THRESHOLD).argmin()])


def _between(probability: np.ndarray) -> np.ndarray:
    """Return the middles between the probabilities that occur, 0 and 1."""
    levels = np.unique(np.concatenate([[0.0, 1.0], probability]).astype(np.float64))
    return np.asarray((levels[1:] + levels[:-1]) / 2)


def _count_at_least(values: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Return how many values reach each limit, (len(limits),) int."""
    return len(values) - np.searchsorted(np.sort(values).astype(np.float64), limits)
