"""The answers of all rounds, where every round scores the same images.

git has the classes that the first round names; those of all rounds and the
probabilities of all classes lie in DVC's cache.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headswap.artifacts.dataset.labels import Labels, read_labels
from headswap.artifacts.model.predictions import (
    DECODE,
    decide_rounds,
    file_names,
    load_predictions,
    read_decode,
)
from headswap.artifacts.storage.tables import read_table
from headswap.statistics.words import F1, primary
from headswap.use.compare.data import INDEX, LABELS, SPLIT
from headswap.use.compare.revisions import Revisions

PREDICTIONS = "data/predictions"


@dataclass(frozen=True)
class RoundAnswers:
    """Answers to the same N images in all rounds.

    Attributes:
        actual: (N, C) int of 0 and 1.
        predicted: (rounds, N, C) int of 0 and 1.
        probabilities: (rounds, N, C) float32.
        groups: of each image, (N,) str.
    """

    actual: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray
    groups: np.ndarray


def needs_all_rounds(intervals: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return (part, task) of those whose answers in git do not tell runs apart.

    Several rounds score the same images, or what decides is told by probabilities.
    """
    return {
        (part, task)
        for task, parts in intervals.items()
        for part, facts in parts.items()
        if "spread" not in facts
        and (facts["rounds"] > 1 or primary([*facts["scores"]]) != F1)
    }


def read_all_rounds(
    revisions: Revisions, name: str, wanted: set[tuple[str, str]]
) -> dict[tuple[str, str], RoundAnswers]:
    """Return the answers of all rounds, by part and task.

    Args:
        revisions: of the project.
        name: of a revision.
        wanted: (part, task); a name that is no task's has none.

    Raises:
        InputError: DVC's cache lacks them.
    """
    places = revisions.cached(name, [INDEX, LABELS, SPLIT])
    labels = read_labels(places[LABELS])
    tasks = {task.name: task for task in labels.tasks}
    predicted, probabilities = _predict(revisions, name, labels)
    index, split = read_table(places[INDEX]), read_table(places[SPLIT])
    of_image = slice(0, len(index["image_id"]))
    parts = np.array(split["part"][of_image])
    groups = np.array(split["group"][of_image])
    found = {}
    for part, task in sorted(wanted):
        if task in tasks:
            targets = tasks[task].encode(index[task]).astype(int)
            rows = (parts == part) & tasks[task].is_labelled(targets)
            found[part, task] = RoundAnswers(
                targets[rows],
                predicted[task][:, rows],
                probabilities[task][:, rows],
                groups[rows],
            )
    return found


def _predict(
    revisions: Revisions, name: str, labels: Labels
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return predicted classes and probabilities of all images by task.

    Returns:
        (rounds, N, C) of 0 and 1, and (rounds, N, C) float32.
    """
    files = {each: f"{PREDICTIONS}/{each}" for each in file_names(labels.tasks)}
    cached = revisions.cached(name, list(files.values()))
    places = {each: cached[file] for each, file in files.items()}
    predictions = load_predictions(places, labels.tasks)
    decode = read_decode(places[DECODE])
    classes = decide_rounds(predictions, labels.tasks, labels.relations, decode)
    return classes, {name: each.probabilities for name, each in predictions.items()}
