"""What a round's model says of every image, and how that becomes classes.

In this order: a temperature a task, from images that were not fitted to; views
averaged; thresholds of several labels, on validation images. Which images are unlike
those of training comes from what is said before temperature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import Split
from headswap.artifacts.dataset.targets import Targets
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.views import average_views
from headswap.artifacts.model.decisions import Decisions
from headswap.artifacts.model.energy import are_unlike, energies
from headswap.artifacts.model.predictions import Predictions
from headswap.artifacts.model.temperature import NEUTRAL, temper
from headswap.errors import one_line
from headswap.params.train import Aim, Section
from headswap.solver.out_of_fold import deal_folds
from headswap.train.calibration import HIGHEST, LOWEST, Unseen, choose_temperature
from headswap.train.outcome import Outcome
from headswap.train.thresholds import choose_thresholds, reach, read_aims
from headswap.train.unlike import LEAST_IMAGES, choose_limit

# Of the validation images, for no split gives them any.
_NUM_FOLDS = 5


@dataclass(frozen=True)
class Decided:
    """What a round says.

    Attributes:
        probabilities: (N, C) float32 of every image, by task name.
        decisions: how they become classes.
        unlike: (N,) bool, which images are unlike those of training, of each task that
            has a limit.
    """

    probabilities: Mapping[str, np.ndarray]
    decisions: Decisions
    unlike: Mapping[str, np.ndarray]


def decide_round(
    outcome: Outcome,
    tasks: Sequence[Task],
    index: Index,
    split: Split,
    number: int,
    images: np.ndarray,
    options: Section,
) -> Decided:
    """Return what a round says of every image.

    Args:
        outcome: of the round.
        tasks: all tasks.
        index: of the N images.
        split: of the N images.
        number: of the round.
        images: the image of each row of the outcome.
        options: the `train` section.
    """
    probabilities, temperatures, thresholds = {}, {}, {}
    limits: dict[str, float | None] = {}
    unlike = {}
    for task in tasks:
        raw = outcome.probabilities[task.name]
        targets = task.targets(index.cells[task.name])
        unseen = _unseen(outcome, task, targets, index, split, number, images)
        temperature = choose_temperature(unseen)
        limits[task.name] = limit = choose_limit(unseen)
        _say(task, temperature, limit, number)
        if limit is not None:
            energy = energies(raw, task.kind)[:, None]
            unlike[task.name] = are_unlike(average_views(energy, images)[:, 0], limit)
        tempered = temper(raw, task.kind, temperature)
        averaged = average_views(tempered, images).astype(np.float32)
        probabilities[task.name], temperatures[task.name] = averaged, temperature
        if task.kind == "multilabel":
            is_judge = split.parts[number] == "validation"
            judges = targets[is_judge], averaged[is_judge]
            # Where every image trains, out of fold.
            if not is_judge.any() and len(unseen.targets):
                likely = temper(unseen.probabilities, task.kind, temperature)
                judges = unseen.targets, average_views(likely, unseen.images)
            aims = read_aims(options.threshold_for, tasks)
            thresholds[task.name] = _thresholds(task, *judges, aims, number)
    decisions = Decisions(temperatures, thresholds, options.decode, limits)
    return Decided(probabilities, decisions, unlike)


def gather(task: Task, decided: Sequence[Decided]) -> Predictions:
    """Return a task's predictions of all rounds."""
    thresholds = [
        each.decisions.thresholds[task.name]
        for each in decided
        if task.kind == "multilabel"
    ]
    unlike = [each.unlike[task.name] for each in decided if task.name in each.unlike]
    return Predictions(
        np.stack([each.probabilities[task.name] for each in decided]),
        np.stack(thresholds) if thresholds else None,
        # A mean over some rounds would be about other images than all else is.
        np.stack(unlike) if len(unlike) == len(decided) else None,
    )


def _thresholds(
    task: Task,
    targets: np.ndarray,
    probabilities: np.ndarray,
    aims: Mapping[str, Aim],
    number: int,
) -> np.ndarray:
    """Return the thresholds of a task, (C,) float64, those that have an aim by it."""
    chosen = choose_thresholds(targets, probabilities)
    for place, name in enumerate(task.class_names):
        if name in aims:
            found = reach(targets[:, place], probabilities[:, place], aims[name])
            if found is None:
                metric, share = aims[name]
                print(
                    f"warning: train.threshold_for, round {number}: no threshold has "
                    f"{metric} >= {share:g} of {one_line(name)} on images not fitted "
                    "to; it has that of the best F1"
                )
            else:
                chosen[place] = found
    return chosen


def _unseen(
    outcome: Outcome,
    task: Task,
    targets: Targets,
    index: Index,
    split: Split,
    number: int,
    images: np.ndarray,
) -> Unseen:
    """Return what the round says of labelled images that were not fitted to."""
    is_labelled = task.is_labelled(targets)
    counts = (split.parts[number] == "validation") & is_labelled
    folds = split.folds[number].copy()
    trained = np.zeros(len(counts), bool)
    values = outcome.probabilities[task.name]
    if task.name in outcome.unseen:
        trained = (split.times[number] > 0) & is_labelled
        if task.kind == "multiclass":
            trained &= _is_shown(targets, folds, trained)
        values = np.where(trained[images, None], outcome.unseen[task.name], values)
        folds[counts] = folds.max() + 1
    else:
        kept = np.flatnonzero(counts)
        cells, groups = index.cells[task.name], split.groups
        folds[kept] = deal_folds(
            [cells[row] for row in kept], [groups[row] for row in kept], _NUM_FOLDS
        )
    counts |= trained
    rows = counts[images]
    return Unseen(
        values[rows],
        images[rows],
        targets[counts],
        folds[counts],
        trained[counts],
        task.kind,
    )


def _is_shown(targets: Targets, folds: np.ndarray, trained: np.ndarray) -> np.ndarray:
    """Return whether a training image's class is in another fold too, (N,) bool.

    Heads that were never shown it say nothing of how sure one is that was.
    """
    classes = targets.first_classes
    pairs = np.unique(np.stack([classes[trained], folds[trained]]), axis=1)
    num_folds = np.bincount(pairs[0], minlength=targets.num_classes)
    return np.asarray(num_folds[classes] > 1)


def _say(task: Task, temperature: float, limit: float | None, number: int) -> None:
    """Say the first round's temperature, and where any has hit its bound."""
    if number == 0 and limit is None:
        print(
            f"{task.name}: `unlike` stays empty, for fewer than {LEAST_IMAGES} images "
            "were not fitted to"
        )
    if temperature in (LOWEST, HIGHEST):
        print(
            f"warning: {task.name}, round {number}: the temperature is at its bound, "
            f"{temperature:g}; probabilities are further off than it can mend"
        )
    elif number == 0 and temperature == NEUTRAL:
        print(
            f"{task.name}: no temperature, for none lowers the loss of held-out folds"
        )
    elif number == 0:
        print(f"{task.name}: temperature {temperature:.3g}")
