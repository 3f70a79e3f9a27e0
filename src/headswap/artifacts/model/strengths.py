"""The strengths of the L2 penalty that solved heads were compared at.

`strengths.csv`, in the folder of a round's curves: one row a head, standardisation and
strength, and which of a head's was taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headswap.artifacts.storage.tables import PathLike, write_table

FILE = "strengths.csv"


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


def choose(strengths: Sequence[Strength]) -> Strength:
    """Return the one with the lowest loss; of equals, the first."""
    return min(strengths, key=lambda each: each.loss)


def write_strengths(folder: PathLike, strengths: Strengths) -> None:
    """Write one row a head, standardisation and strength.

    Args:
        folder: of a round's curves.
        strengths: of its solved heads.
    """
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    write_table(
        path / FILE,
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
