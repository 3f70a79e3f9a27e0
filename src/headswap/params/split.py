"""The `split` section: who is train, validation and test."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from headswap.params._types import STRICT, Count, Seed

# A whole number is images a class; a fraction is a share of each class.
PartSize = Count | Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True)
class Section:
    """How the images are divided.

    Attributes:
        method: `stratified` on the finest task.
        validation: images a class (whole number) or a share of each class.
        test: images a class (whole number) or a share of each class.
        repeats: how many independent splits to draw; figures are means over them.
        seed: of the draw.
    """

    __pydantic_config__ = STRICT

    method: Literal["stratified"]
    validation: PartSize
    test: PartSize
    repeats: Count
    seed: Seed
