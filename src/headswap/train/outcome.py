"""What comes out of a round, whatever fitted it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from headswap.artifacts.model.heads import Head
from headswap.artifacts.storage.tables import write_table

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Strength:
    """How good one strength of the L2 penalty was.

    Attributes:
        standardization: `none`, `length` or `within`.
        l2: the strength.
        loss: log loss on images that were not fitted to.
    """

    standardization: str
    l2: float
    loss: float


# What was compared, by the name of the head.
Strengths = Mapping[str, Sequence[Strength]]


@dataclass(frozen=True)
class Outcome:
    """What came out of a round.

    Attributes:
        model: solved heads, in the order in which they take from one another; or a
            Keras model from features to {task name: probabilities}, which is gone when
            the next round begins.
        probabilities: (rows, C) float32 by task name, over the rows of prepared images.
        strengths: of solved heads.
    """

    model: "Sequence[Head] | keras.Model"
    probabilities: Mapping[str, np.ndarray]
    strengths: Strengths


def choose(strengths: Sequence[Strength]) -> Strength:
    """Return the one with the lowest loss; of equals, the first."""
    return min(strengths, key=lambda each: each.loss)


def write_strengths(path: Path, strengths: Strengths) -> None:
    """Write one row a head, standardisation and strength."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(
        path,
        ["head", "standardization", "l2", "loss", "is_chosen"],
        (
            (
                head,
                each.standardization,
                f"{each.l2:.3g}",
                f"{each.loss:.6g}",
                str(each is choose(compared)).lower(),
            )
            for head, compared in strengths.items()
            for each in compared
        ),
    )
