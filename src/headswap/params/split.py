"""The `split` section: who is train, validation and test."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from headswap.params._types import STRICT, Count, Seed

# A whole number is images a class; a fraction is a share of each class.
PartSize = Count | Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True)
class Section:
    """How the images are divided, once a round.

    Sizes count for the task with the most classes; other tasks follow from it.

    Attributes:
        method: `stratified` draws all parts by class, once a repeat; `folds` gives
            `num_folds` rounds a repeat, in which each image is tested once;
            `predefined` keeps the parts the data set gives and draws only those it
            lacks, from what it calls train.
        validation: images a class (whole number) or a share of each class.
        test: images a class (whole number) or a share of each class; `folds` does not
            read it.
        images: share of each class's training groups that trains, for how many images
            it takes; who validates and tests stays, and a smaller share is part of a
            larger one. The others are in no part.
        repeats: how many independent draws there are; figures are means over them.
        num_folds: inner folds of the training images, and rounds a repeat of `folds`.
        near_duplicates: `group` keeps confirmed ones together, in one part and fold, as
            it does equal pictures; `report` only lists them.
        leaks: what happens to a picture or group in several given parts: `report` it,
            `drop` it from all but the last of train, validation and test, or `fail`.
        rare: what happens to classes with fewer groups than parts they have to be in:
            `fail`, `train` (they are neither validated nor tested) or `drop` (their
            images are in no part).
        balance: of the training images of the finest task: `undersample` to the
            rarest class, `oversample` to the most frequent one, or `none`.
        seed: of every draw.
    """

    __pydantic_config__ = STRICT

    method: Literal["stratified", "folds", "predefined"]
    validation: PartSize
    test: PartSize
    images: Annotated[float, Field(gt=0, le=1)]
    repeats: Count
    num_folds: Annotated[int, Field(ge=2, le=20)]
    near_duplicates: Literal["group", "report"]
    leaks: Literal["report", "drop", "fail"]
    rare: Literal["fail", "train", "drop"]
    balance: Literal["none", "undersample", "oversample"]
    seed: Seed
