"""The `features` section: how the cached features are computed."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator

from headswap.params._types import STRICT, Count

PLAIN = "plain"
View = Literal["plain", "flip"]


def _plain_and_others(views: tuple[View, ...]) -> tuple[View, ...]:
    if PLAIN not in views or len(set(views)) < len(views):
        raise ValueError(f"a list of different views, {PLAIN} among them")
    return views


@dataclass(frozen=True)
class Section:
    """How the cached features are computed.

    Attributes:
        batch_size: images a step.
        precision: of the cached numbers; `float16` halves the cache.
        views: fixed versions of every picture, each with features of its own: `plain`,
            the picture as it is, and `flip`, mirrored left to right. Training uses
            all, prediction averages them. Augmented pictures are `plain` alone.
    """

    __pydantic_config__ = STRICT

    batch_size: Count
    precision: Literal["float32", "float16"]
    views: Annotated[tuple[View, ...], AfterValidator(_plain_and_others)]

    @property
    def further_views(self) -> tuple[View, ...]:
        """The views beside `plain`."""
        return tuple(view for view in self.views if view != PLAIN)
