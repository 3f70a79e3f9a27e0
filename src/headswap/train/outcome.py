"""What comes out of a round, whatever fitted it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headswap.artifacts.model.heads import Head
from headswap.artifacts.model.strengths import Strengths

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Outcome:
    """What came out of a round.

    Attributes:
        model: solved heads, in the order in which they take from one another; or a
            Keras model from features to {task name: probabilities}, which is gone when
            the next round begins.
        probabilities: (rows, C) by task name, over the rows of prepared images.
        unseen: the same of training rows by heads that did not see their fold, where
            there are any; other rows say nothing.
        strengths: of solved heads.
    """

    model: "Sequence[Head] | keras.Model"
    probabilities: Mapping[str, np.ndarray]
    unseen: Mapping[str, np.ndarray]
    strengths: Strengths
