"""The `keras` section: what Keras computes with, below the cut and above it."""

from dataclasses import dataclass

from headswap.machine.backend import Backend
from headswap.params._types import STRICT


@dataclass(frozen=True)
class Section:
    """What Keras computes with.

    Attributes:
        backend: it has to be installed; an environment variable that says otherwise is
            an error, for then nobody knows which one a figure came from.
    """

    __pydantic_config__ = STRICT

    backend: Backend
