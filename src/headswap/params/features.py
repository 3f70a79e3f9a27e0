"""The `features` section: how the cached features are computed."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Literal

from pydantic import AfterValidator

from headswap.params._types import STRICT, Count, name_in

PLAIN = "plain"
View = Literal["plain", "flip"]
KERAS, OPENVINO = "keras", "openvino"
BFLOAT16 = "bfloat16"


def _plain_and_others(views: tuple[View, ...]) -> tuple[View, ...]:
    if PLAIN not in views or len(set(views)) < len(views):
        raise ValueError(f"a list of different views, {PLAIN} among them")
    return views


Engine = Annotated[str, name_in("engines")]
Precision = Literal["float32", "float16", "bfloat16"]
Views = Annotated[tuple[View, ...], AfterValidator(_plain_and_others)]


@dataclass(frozen=True)
class Section:
    """How the cached features are computed.

    Attributes:
        engine: a file in `engines/`: `openvino`, on the processor, or `keras`, on a GPU
            where its backend has one.
        batch_size: images a step; `openvino` computes each by itself.
        precision: `float16` halves the cache: of the cached numbers alone. `bfloat16`:
            of the arithmetic, with `openvino`; it is faster and moves features by some
            hundredths of the largest, which is measured and said. They are cached in
            float32.
        views: fixed versions of every picture, each with features of its own: `plain`,
            the picture as it is, and `flip`, mirrored left to right. Training uses
            all, prediction averages them. Augmented pictures are `plain` alone.
    """

    __pydantic_config__ = STRICT

    engine: Engine
    batch_size: Count
    precision: Precision
    views: Views

    @property
    def further_views(self) -> tuple[View, ...]:
        """The views beside `plain`."""
        return tuple(view for view in self.views if view != PLAIN)

    @property
    def cached_dtype(self) -> Literal["float32", "float16"]:
        """The dtype of the cached numbers."""
        return "float16" if self.precision == "float16" else "float32"


def engine_faults(section: Section, backend: str) -> list[str]:
    """Return what keeps the engine from running, one sentence each.

    Args:
        section: the `features` section.
        backend: `keras.backend`.
    """
    faults = []
    if find_spec(section.engine) is None:
        faults.append(
            f"params.yaml: features.engine must be installed, got {section.engine!r}, "
            f"which is not. Run `pip install {section.engine}`, or set "
            f"features.engine={KERAS}."
        )
    if section.engine == OPENVINO and backend != "tensorflow":
        faults.append(
            f"params.yaml: features.engine must be {KERAS} beside keras.backend="
            f"{backend}, got {OPENVINO!r}, which takes networks from tensorflow. Set "
            "it so."
        )
    if section.engine == KERAS and section.precision == BFLOAT16:
        faults.append(
            f"params.yaml: features.precision must be float32 or float16 beside "
            f"features.engine={KERAS}, got {BFLOAT16!r}. Set one of them, or "
            f"features.engine={OPENVINO}."
        )
    return faults
