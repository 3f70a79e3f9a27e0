"""Energies: how little a picture is like those that a model was fitted to.

In: probabilities as a head gives them, before temperature, and what limit was set on
images not fitted to. Out: one number an image, and whether it is beyond the limit.

Source: Liu and others 2020, "Energy-based Out-of-distribution Detection"
(https://arxiv.org/abs/2010.03759), equation 4; Wang and others 2021, "Can multi-label
classification networks know what they don't know?", equation 5, for several labels.
"""

import numpy as np

from headswap.artifacts.dataset.tasks import MULTILABEL

# Below these a probability counts as no smaller: the least that float32 holds, and the
# least distance from 1 that float64 does.
_LEAST = float(np.finfo(np.float32).tiny)
_LEAST_TO_ONE = 1e-16


def energies(probabilities: np.ndarray, kind: str) -> np.ndarray:
    """Return energies, (N,) float64: higher of what is less like the training images.

    Of one label it is -log Σ exp(score), scores being less their mean over the classes.
    A solved head's scores have mean 0 up to a constant, for the penalty leaves nothing
    that all classes share, so nothing is lost by that; and it makes the energy the mean
    logarithm of the probabilities, which every head gives. Of several labels it is the
    sum of their classes' energies, -Σ log(1 + exp(score)).

    Args:
        probabilities: (N, C), 0..1.
        kind: of the task.
    """
    likely = np.asarray(probabilities, np.float64)
    if kind == MULTILABEL:
        return np.asarray(np.log(np.maximum(1 - likely, _LEAST_TO_ONE)).sum(axis=1))
    return np.asarray(np.log(np.maximum(likely, _LEAST)).mean(axis=1))


def are_unlike(energy: np.ndarray, limit: float) -> np.ndarray:
    """Return which images are unlike the training images, (N,) bool.

    Args:
        energy: (N,), averaged over the views.
        limit: that held-out images of the training data seldom exceed.
    """
    return np.asarray(energy > limit)
