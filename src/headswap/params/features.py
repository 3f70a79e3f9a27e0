"""The `features` section: how the cached features are computed."""

from dataclasses import dataclass
from typing import Literal

from headswap.params._types import STRICT, Count


@dataclass(frozen=True)
class Section:
    """How the cached features are computed.

    Attributes:
        batch_size: images a step.
        precision: of the cached numbers; `float16` halves the cache.
    """

    __pydantic_config__ = STRICT

    batch_size: Count
    precision: Literal["float32", "float16"]
