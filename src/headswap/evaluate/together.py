"""How well the predictions of two tasks go together, where one divides the other."""

from collections.abc import Mapping

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.split import PARTS, Split
from headswap.evaluate.report import Figures


def relate(
    relation: Relation, index: Index, predicted: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return how well two tasks' predictions go together, (rounds, N) of 0 and 1.

    Consistency is 1 where the predicted finer class lies in the predicted coarser
    class; joint accuracy where both are right, and NaN where an image has not both
    labels.
    """
    tasks = {task.name: task for task in index.tasks}
    finer, coarser = tasks[relation.finer], tasks[relation.coarser]
    parent = np.array(
        [
            coarser.class_names.index(relation.parents[name])
            for name in finer.class_names
        ]
    )
    fine = predicted[finer.name].argmax(axis=2)
    coarse = predicted[coarser.name].argmax(axis=2)
    truth = {
        name: tasks[name].encode(index.cells[name])
        for name in (finer.name, coarser.name)
    }
    fine_truth, coarse_truth = (each.argmax(axis=1) for each in truth.values())
    has_both = np.all([each.any(axis=1) for each in truth.values()], axis=0)
    consistent = parent[fine] == coarse
    right = (fine == fine_truth) & (coarse == coarse_truth)
    return {
        "consistency": consistent.astype(float),
        "joint_accuracy": np.where(has_both, right.astype(float), np.nan),
    }


def means(name: str, shares: Mapping[str, np.ndarray], split: Split) -> Figures:
    """Return the means over the images of each part and round that are not NaN."""
    return {
        (name, part): [
            {metric: _mean(values[number, rows]) for metric, values in shares.items()}
            for number, rows in enumerate(split.parts == part)
        ]
        for part in PARTS
        if (split.parts == part).any()
    }


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
