"""Scores of predictions. A `_loss` is better when it is lower, all else when higher."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CLASS_SCORES = ("accuracy", "precision", "recall", "f1", "auc", "average_precision")
MACRO_SCORES = ("precision", "recall", "f1", "auc")


@dataclass(frozen=True)
class Scores:
    """How good one set of predictions is.

    Attributes:
        overall: by metric name: accuracy, and macro averages over the classes present.
        per_class: by metric name, (C,) float64; NaN where a class is absent.
        support: images of each class, (C,) int.
    """

    overall: dict[str, float]
    per_class: dict[str, np.ndarray]
    support: np.ndarray

    @property
    def is_blind(self) -> np.ndarray:
        """Whether a class is never found although accuracy looks fair, (C,) bool."""
        accuracy = self.overall.get("accuracy", self.per_class["accuracy"])
        return (self.support > 0) & (self.per_class["recall"] == 0) & (accuracy > 0.5)


def score(
    targets: np.ndarray, probabilities: np.ndarray, predicted: np.ndarray, kind: str
) -> Scores:
    """Return the scores of one task on one part.

    A class without any image in this part has no recall, so it is left out of every
    average. AUC is one-vs-rest. Accuracy is the share of images whose classes are all
    right; a multilabel task calls it exact match, and adds the Hamming loss (share of
    wrong answers over images and classes) and the mean average precision.

    Args:
        targets: (N, C) of 0 and 1, N at least 1.
        probabilities: (N, C), 0..1.
        predicted: (N, C) of 0 and 1.
        kind: of the task, `multiclass` or `multilabel`.
    """
    # It takes a second to start, which nobody should wait for who only reads scores.
    from sklearn.metrics import average_precision_score, roc_auc_score

    # Counted here, because scikit-learn takes one column for two classes.
    support = targets.sum(axis=0).astype(int)
    named = predicted.sum(axis=0).astype(int)
    hits = (targets * predicted).sum(axis=0).astype(int)
    per_class = {
        "accuracy": (targets == predicted).mean(axis=0),
        "precision": hits / np.maximum(named, 1),
        "recall": hits / np.maximum(support, 1),
        "f1": 2 * hits / np.maximum(named + support, 1),
        "auc": _rank_scores(targets, probabilities, roc_auc_score),
        "average_precision": _rank_scores(
            targets, probabilities, average_precision_score
        ),
    }
    for values in per_class.values():
        values[support == 0] = np.nan
    exact = float((targets == predicted).all(axis=1).mean())
    overall = {"accuracy": exact}
    overall.update({name: _mean(per_class[name]) for name in MACRO_SCORES})
    if kind == "multilabel":
        del overall["accuracy"]
        overall["mean_average_precision"] = _mean(per_class["average_precision"])
        overall["exact_match"] = exact
        overall["hamming_loss"] = float((targets != predicted).mean())
    return Scores(overall, per_class, support)


def _rank_scores(
    targets: np.ndarray, probabilities: np.ndarray, function: Callable[..., float]
) -> np.ndarray:
    """Return one score a class; NaN where the part has only one kind of target."""
    return np.array(
        [
            function(column, probability) if 0 < column.sum() < len(column) else np.nan
            for column, probability in zip(targets.T, probabilities.T, strict=True)
        ]
    )


def _mean(values: np.ndarray) -> float:
    """Return the mean of the values that there are, or NaN."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
