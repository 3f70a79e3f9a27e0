"""The answers of all rounds, where every round scores the same images.

git has the first round's answers; those of all lie in DVC's cache.
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
from headswap.use.compare.data import INDEX, LABELS, SPLIT
from headswap.use.compare.revisions import Revisions

PREDICTIONS = "data/predictions"


@dataclass(frozen=True)
class RoundAnswers:
    """Answers to the same N images in all rounds.

    Attributes:
        actual: (N, C) int of 0 and 1.
        predicted: (rounds, N, C) int of 0 and 1.
        groups: of each image, (N,) str.
    """

    actual: np.ndarray
    predicted: np.ndarray
    groups: np.ndarray


def needs_all_rounds(intervals: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return (part, task) of those that several rounds score on the same images."""
    return {
        (part, task)
        for task, parts in intervals.items()
        for part, facts in parts.items()
        if facts["rounds"] > 1 and "spread" not in facts
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
    predicted = _predict(revisions, name, labels)
    index, split = read_table(places[INDEX]), read_table(places[SPLIT])
    of_image = slice(0, len(index["image_id"]))
    parts = np.array(split["part"][of_image])
    groups = np.array(split["group"][of_image])
    found = {}
    for part, task in sorted(wanted):
        if task in tasks:
            targets = tasks[task].encode(index[task]).astype(int)
            rows = (parts == part) & tasks[task].is_labelled(targets)
            answers = predicted[task][:, rows]
            found[part, task] = RoundAnswers(targets[rows], answers, groups[rows])
    return found


def _predict(revisions: Revisions, name: str, labels: Labels) -> dict[str, np.ndarray]:
    """Return the predicted classes of all images by task, (rounds, N, C) of 0 and 1."""
    files = {each: f"{PREDICTIONS}/{each}" for each in file_names(labels.tasks)}
    cached = revisions.cached(name, list(files.values()))
    places = {each: cached[file] for each, file in files.items()}
    predictions = load_predictions(places, labels.tasks)
    decode = read_decode(places[DECODE])
    return decide_rounds(predictions, labels.tasks, labels.relations, decode)
