"""`near_duplicates.csv`: pictures that look alike, and how far they do.

Facts only, of pictures whose pixels differ: who belongs together is for split to say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from headswap.artifacts.storage.tables import PathLike, read_table, write_table

_COLUMNS = (
    "image_id",
    "other_id",
    "differing_bits",
    "correlation",
    "detail_correlation",
    "confirmed",
)


@dataclass(frozen=True, order=True)
class NearDuplicate:
    """Two pictures that look alike.

    Attributes:
        image_id: of the one that comes first in `index.csv`.
        other_id: of the other.
        differing_bits: of the 256 that say what they look like, in the turn and framing
            in which they differ least.
        correlation: of their grey levels, once one is laid over the other.
        detail_correlation: of what is left of them without their blur.
        is_confirmed: whether both correlations are those of one picture.
    """

    image_id: str
    other_id: str
    differing_bits: int
    correlation: float
    detail_correlation: float
    is_confirmed: bool


def write_near_duplicates(prepared: PathLike, pairs: Iterable[NearDuplicate]) -> None:
    """Write `near_duplicates.csv` of a prepared folder."""
    write_table(
        Path(prepared) / "near_duplicates.csv",
        _COLUMNS,
        (
            (
                pair.image_id,
                pair.other_id,
                pair.differing_bits,
                f"{pair.correlation:.3f}",
                f"{pair.detail_correlation:.3f}",
                "yes" if pair.is_confirmed else "no",
            )
            for pair in pairs
        ),
    )


def read_near_duplicates(prepared: PathLike) -> list[NearDuplicate]:
    """Return the pairs of a prepared folder, as they stand there."""
    table = read_table(Path(prepared) / "near_duplicates.csv")
    return [
        NearDuplicate(
            image_id,
            other_id,
            int(bits),
            float(correlation),
            float(detail),
            confirmed == "yes",
        )
        for image_id, other_id, bits, correlation, detail, confirmed in zip(
            *(table[name] for name in _COLUMNS), strict=True
        )
    ]
