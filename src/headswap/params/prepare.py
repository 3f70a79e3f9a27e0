"""The `prepare` section: the one size every picture is brought to."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from headswap.params._types import STRICT

ImageSize = Annotated[int, Field(ge=8, le=4096)]
Resize = Literal["pad", "squash"]
Depth = Annotated[int, Field(ge=8, le=16)] | None


@dataclass(frozen=True)
class Section:
    """How pictures are brought to one size.

    Attributes:
        image_size: side of the square picture, in pixels.
        resize: `pad` keeps the aspect and adds black borders, `squash` does not.
        depth: how many bits of PNGs and TIFFs of 16 bits a number are used, such as 12
            where a camera has no more; null for all.
    """

    __pydantic_config__ = STRICT

    image_size: ImageSize
    resize: Resize
    depth: Depth
