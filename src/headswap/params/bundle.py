"""The `bundle` section: what a user takes away beside the model."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from headswap.params._types import STRICT


@dataclass(frozen=True)
class Section:
    """What is in the bundle beside the model.

    Attributes:
        sample: how many of the prepared pictures go with it, so that `headswap verify`
            can predict them anew. 0 where no picture may leave the house.
        neighbours: of how many training pictures the path and the features go with it,
            so that `headswap predict` can name the nearest. 0 where none may.
    """

    __pydantic_config__ = STRICT

    sample: Annotated[int, Field(ge=0, le=100)]
    neighbours: Annotated[int, Field(ge=0)]
