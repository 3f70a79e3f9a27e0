"""`heads.json`: which heads there are, what each takes, how many numbers that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from headswap.artifacts.storage.documents import STRICT_FORM
from headswap.params._types import Count


@dataclass(frozen=True)
class ListedBlock:
    """A block as `heads.json` has it."""

    __pydantic_config__ = STRICT_FORM

    source: str
    width: Count
    has_unit_length: bool

    def num_values(self, num_classes: int) -> int:
        """Return how many numbers its mean and kernel are."""
        return self.width * (1 + num_classes)


@dataclass(frozen=True)
class ListedHead:
    """A head as `heads.json` has it."""

    __pydantic_config__ = STRICT_FORM

    name: str
    kind: Literal["multiclass", "multilabel", "scores"]
    num_classes: Count
    blocks: Sequence[ListedBlock]

    @property
    def num_values(self) -> int:
        """How many numbers `heads.npy` has of it."""
        blocks = (each.num_values(self.num_classes) for each in self.blocks)
        return self.num_classes + sum(blocks)
