"""The `backbone` section: which network turns a picture into features."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from headswap.params._types import STRICT, name_in


@dataclass(frozen=True)
class Section:
    """The network below the heads.

    Attributes:
        name: a file in `backbones/`.
        weights: `imagenet`, `none` (random) or the path of a weights file.
        pooling: how a feature map becomes a vector.
    """

    __pydantic_config__ = STRICT

    name: Annotated[str, name_in("backbones")]
    weights: Annotated[str, Field(min_length=1)]
    pooling: Literal["average", "max", "power_mean"]
