"""The `prepare` section: the one size every picture is brought to."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from headswap.params._types import STRICT


@dataclass(frozen=True)
class Section:
    """How pictures are brought to one size.

    Attributes:
        image_size: side of the square picture, in pixels.
        resize: `pad` keeps the aspect and adds black borders, `squash` does not.
    """

    __pydantic_config__ = STRICT

    image_size: Annotated[int, Field(ge=8, le=4096)]
    resize: Literal["pad", "squash"]
