"""Scores of predicted probabilities. Every score is better when it is higher."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    precision_recall_fscore_support,
    roc_auc_score,
)

CLASS_SCORES = ("precision", "recall", "f1", "auc", "average_precision")


@dataclass(frozen=True)
class Scores:
    """How good one set of predictions is.

    Attributes:
        overall: by metric name: accuracy, and macro averages over the classes present.
        per_class: by metric name, (num_classes,) float64; NaN where a class is absent.
        support: images of each class, (num_classes,) int.
    """

    overall: dict[str, float]
    per_class: dict[str, np.ndarray]
    support: np.ndarray


def predict_labels(probabilities: np.ndarray) -> np.ndarray:
    """Return predictions, (N, C) of 0 and 1, from multiclass probabilities (N, C)."""
    return np.eye(probabilities.shape[1], dtype=int)[probabilities.argmax(axis=1)]


def score(targets: np.ndarray, probabilities: np.ndarray) -> Scores:
    """Return the scores of one task on one part.

    A class without any image in this part has no recall, so it is left out of every
    average. AUC is one-vs-rest.

    Args:
        targets: (N, C) of 0 and 1, N at least 1.
        probabilities: (N, C), 0..1.
    """
    predicted = predict_labels(probabilities)
    precision, recall, f1, support = precision_recall_fscore_support(
        targets, predicted, average=None, zero_division=0
    )
    present = support > 0
    per_class = {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "auc": _rank_scores(targets, probabilities, roc_auc_score),
        "average_precision": _rank_scores(
            targets, probabilities, average_precision_score
        ),
    }
    for values in per_class.values():
        values[~present] = np.nan
    overall = {"accuracy": float((targets == predicted).all(axis=1).mean())}
    for name in ("precision", "recall", "f1", "auc"):
        overall[name] = _mean(per_class[name])
    return Scores(overall, per_class, support.astype(int))


def _rank_scores(targets, probabilities, function) -> np.ndarray:
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
