"""The `backbone` section: which network turns a picture into features."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from headswap.params._types import STRICT, Count, name_in

IMAGENET = "imagenet"
RANDOM = "none"

Name = Annotated[str, name_in("features/backbones")]


def _once_each(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"a list without repeats ({', '.join(twice)} stands twice)")
    return names


@dataclass(frozen=True)
class Section:
    """The network below the heads.

    Attributes:
        name: a file in `features/backbones/`, or a list of them: an ensemble.
        weights: `imagenet`, `none` (random) or the path of a weights file.
        image_size: side the network gets its pictures in, in pixels; null for
            `prepare.image_size`.
        pooling: how a feature map becomes a vector.
        unfreeze: how many of the last layers are trained, or `all`. `last_block` and
            `last_two` are those above the last, or last but one, place where one
            tensor crosses that an addition, a concatenation or a pooling has made;
            stretches without a kernel to train do not count.
        train_batch_norm: batch normalisation above the cut learns its statistics anew;
            a network with random weights always does.
        learning_rate: of unfrozen pretrained layers and the heads together, once the
            heads alone have been fitted at `train.learning_rate`.
    """

    __pydantic_config__ = STRICT

    name: (
        Name
        | Annotated[tuple[Name, ...], Field(min_length=1), AfterValidator(_once_each)]
    )
    weights: Annotated[str, Field(min_length=1)]
    image_size: Count | None
    pooling: Literal["average", "max", "power_mean"]
    unfreeze: Annotated[int, Field(ge=0)] | Literal["last_block", "last_two", "all"]
    train_batch_norm: bool
    learning_rate: Annotated[float, Field(gt=0)]

    @property
    def names(self) -> tuple[str, ...]:
        """The backbones, one or several."""
        return (self.name,) if isinstance(self.name, str) else self.name
