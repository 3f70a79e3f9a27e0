"""The `augment` section: how training images are varied."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from headswap.params._types import STRICT, Seed, Share


@dataclass(frozen=True)
class Section:
    """How training images are varied; an operation at 0 or false is switched off.

    Attributes:
        policy: `each` makes one version an operation, at full strength; `random`
            makes `copies` versions with all operations at random strength.
        copies: versions an image under `random`; 0 switches augmentation off.
        rotate: largest angle, in degrees.
        zoom: largest change of scale, as a share.
        crop: largest share of each side that is cut away.
        flip_horizontal: mirror left and right.
        flip_vertical: mirror top and bottom.
        contrast: largest change of contrast, as a share.
        brightness: largest change of brightness, as a share of the pixel range.
        noise: standard deviation of Gaussian noise, as a share of the pixel range.
        seed: of all randomness here.
    """

    __pydantic_config__ = STRICT

    policy: Literal["each", "random"]
    copies: Annotated[int, Field(ge=0, le=1000)]
    rotate: Annotated[float, Field(ge=0, le=180)]
    zoom: Share
    crop: Share
    flip_horizontal: bool
    flip_vertical: bool
    contrast: Share
    brightness: Share
    noise: Share
    seed: Seed
