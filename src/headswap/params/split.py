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
        method: `stratified` draws all parts by class; `predefined` keeps the parts the
            data set gives and draws only those it lacks.
        validation: images a class (whole number) or a share of each class.
        test: images a class (whole number) or a share of each class.
        repeats: how many independent splits to draw; figures are means over them.
        leaks: what happens to the same picture in several given parts: `report` it,
            `drop` it from all but the last of train, validation and test, or `fail`.
        balance: of the training images of the finest task: `undersample` to the
            rarest class, `oversample` to the most frequent one, or `none`.
        seed: of every draw.
    """

    __pydantic_config__ = STRICT

    method: Literal["stratified", "predefined"]
    validation: PartSize
    test: PartSize
    repeats: Count
    leaks: Literal["report", "drop", "fail"]
    balance: Literal["none", "undersample", "oversample"]
    seed: Seed
