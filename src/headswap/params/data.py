"""The `data` section: where the labelled pictures are and how they are kept."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from headswap.params._types import STRICT, name_in

SPLIT_LEVEL = "split"


@dataclass(frozen=True)
class Section:
    """Where the labelled pictures are.

    Attributes:
        root: folder of the raw images; it is only ever read.
        layout: how labels are kept, a file in `layouts/`.
        levels: what each folder level below `root` names, from the outside in.
    """

    __pydantic_config__ = STRICT

    root: Annotated[str, Field(min_length=1)]
    layout: Annotated[str, name_in("layouts")]
    levels: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ...],
        Field(min_length=1),
    ]

    @property
    def known_tasks(self) -> tuple[str, ...] | None:
        """The task names, where the parameters alone tell them."""
        return tuple(level for level in self.levels if level != SPLIT_LEVEL)
