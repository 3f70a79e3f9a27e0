"""How well the predictions of tasks go together, where one divides the other."""

from collections.abc import Mapping

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.split import PARTS, Split
from headswap.artifacts.dataset.trees import Tree, find_tree, has_tree
from headswap.evaluate.answers import Answers
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


def add_hierarchy(
    figures: Figures,
    answers: dict[str, Answers],
    index: Index,
    split: Split,
    predicted: Mapping[str, np.ndarray],
) -> None:
    """Add hierarchical precision, recall and F1 where the tasks form a tree.

    They count classes: those of an image and of its answer, each with all that it lies
    in; so a wrong landmark of the right category is half right. Levels without a label
    are left out.

    Args:
        figures: of all tasks and relations.
        answers: of all tasks and relations.
        index: of the N images.
        split: of the N images.
        predicted: (rounds, N, C) of 0 and 1, by task name.

    Source: Kiritchenko and others (2006), Canadian AI, 395-406.
    """
    if not has_tree(index.tasks, index.relations):
        return
    tree = find_tree(index.tasks, index.relations)
    actual = {
        task.name: task.encode(index.cells[task.name])[None] for task in index.tasks
    }
    truths, answered = _with_coarser(tree, actual), _with_coarser(tree, predicted)
    # Of a level without a label nobody knows what is right.
    known = [level.any(axis=2, keepdims=True) for level in truths]
    truth = np.concatenate(truths, axis=2)
    named = np.concatenate(
        [level & is_known for level, is_known in zip(answered, known, strict=True)],
        axis=2,
    )
    hits = (truth & named).sum(axis=2).astype(float)
    num_named = named.sum(axis=2).astype(float)
    num_true = np.broadcast_to(truth.sum(axis=2), hits.shape).astype(float)
    for values in (hits, num_named, num_true):
        values[:, ~truth[0].any(axis=1)] = np.nan
    ratios = {
        "hierarchical_precision": (hits, num_named),
        "hierarchical_recall": (hits, num_true),
        "hierarchical_f1": (2 * hits, num_named + num_true),
    }
    of_relation = answers.get(tree.name, Answers({}))
    answers[tree.name] = of_relation._replace(ratios=ratios)
    for part in PARTS:
        rounds = split.parts == part
        # A part whose images have no label has no figures.
        if (np.isfinite(hits[0]) & rounds).any(axis=1).all():
            of_part = figures.setdefault((tree.name, part), [{} for _ in rounds])
            for number, rows in enumerate(rounds):
                of_part[number] |= {
                    metric: float(
                        np.nansum(top[number, rows]) / np.nansum(bottom[number, rows])
                    )
                    for metric, (top, bottom) in ratios.items()
                }


def _with_coarser(tree: Tree, chosen: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Return which classes of all levels there are, those they lie in too.

    Args:
        tree: of the tasks.
        chosen: (rounds, N, C) of 0 and 1, by task name.

    Returns:
        (rounds, N, classes) bool of each level, from the finest.
    """
    found: list[np.ndarray] = []
    of_finer: np.ndarray | None = None
    for number, level in enumerate(tree.levels):
        of_level = chosen[level.name] > 0
        if of_finer is not None:
            # Which class of this level a class of the finer one lies in.
            lies_in = np.zeros((of_finer.shape[2], level.num_classes), bool)
            lies_in[tree.paths[:, number - 1], tree.paths[:, number]] = True
            of_level = of_level | (of_finer @ lies_in)
        found.append(of_level)
        of_finer = of_level
    return found


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
