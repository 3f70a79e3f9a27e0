"""The `train` section: what is fitted on the cached features, and how."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from headswap.params import backbone
from headswap.params._types import STRICT, Count, Seed, Share, name_in

Positive = Annotated[float, Field(gt=0)]

# Left to the program, which says what it took.
AUTO = "auto"
# Those that solve heads; all others train them.
SOLVING = (AUTO, "lbfgs")
# Strategies that train all tasks alike; for all others `order` says which comes first.
UNORDERED = ("independent", "multi_output")


@dataclass(frozen=True)
class Section:
    """The strategy, the head and the optimiser.

    Attributes:
        strategy: a file in `train/strategies/`.
        order: of the tasks: `finest_first` (most classes first), `coarsest_first` or
            a list of task names.
        freeze_trunk: strategy `sequential`: freeze the trunk after the first task.
        merge: of an ensemble: `features` joins the members' vectors before the head;
            `scores` gives each member its own head and joins those by one more Dense
            layer.
        hidden: units of the hidden layers, from the features to the output.
        activation: of the hidden layers.
        dropout: share dropped after each hidden layer, and before the output layer
            where there is no hidden layer.
        batch_norm: batch normalisation after each hidden layer.
        l2: weight of the L2 penalty on all Dense kernels; `auto`: of solved heads the
            one with the lowest log loss on images that were not fitted to, of all
            others a fixed value. While everything above the cut trains on from solved
            heads, they have none.
        standardize: features inside solved heads: `length` (centred, rows of length 1),
            `within` (that, then whitened by the covariance within classes), `none`, or
            the better of `length` and `within`, chosen with the strength: `auto`.
        loss: `cross_entropy`, or `focal`, which turns to the hard examples.
        class_weight: in the loss: `balanced` by class frequency, or `effective` by the
            effective number of samples.
        optimizer: of `keras.optimizers`; or `lbfgs`, which solves linear heads; `auto`
            is that where it can serve (`may_solve_heads`) and Adam elsewhere.
        learning_rate: of that optimiser, for all but unfrozen pretrained layers; see
            `backbone.learning_rate`.
        batch_size: rows a step.
        epochs: at most; for unfrozen pretrained layers see `backbone.epochs`.
        min_epochs: the first ones, in which training never stops and none is the best.
        patience: epochs without a lower validation loss before training stops; the
            weights of the best epoch after `min_epochs` are kept.
        precision: of the arithmetic; the 16-bit ones are for accelerators.
        tf32: lets an NVIDIA GPU round float32 products to 10 bits.
        seed: of initial weights, order of rows and dropout.
    """

    __pydantic_config__ = STRICT

    strategy: Annotated[str, name_in("train/strategies")]
    order: Literal["finest_first", "coarsest_first"] | tuple[str, ...]
    freeze_trunk: bool
    merge: Literal["features", "scores"]
    hidden: tuple[Count, ...]
    activation: Literal["relu", "gelu", "silu", "tanh", "sigmoid", "linear"]
    dropout: Share
    batch_norm: bool
    l2: Literal["auto"] | Annotated[float, Field(ge=0)]
    standardize: Literal["auto", "none", "length", "within"]
    loss: Literal["cross_entropy", "focal"]
    class_weight: Literal["none", "balanced", "effective"]
    optimizer: Literal[
        "auto", "lbfgs", "adam", "adamw", "sgd", "rmsprop", "nadam", "lion"
    ]
    learning_rate: Positive
    batch_size: Count
    epochs: Count
    min_epochs: Annotated[int, Field(ge=0)]
    patience: Count
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"]
    tf32: bool
    seed: Seed

    @property
    def fixed_l2(self) -> float | None:
        """The strength that was asked for; None leaves it to the program."""
        return None if isinstance(self.l2, str) else self.l2

    @property
    def beyond_linear(self) -> tuple[str, ...]:
        """The settings with which fitting a head to vectors is not convex."""
        settings = {
            f"train.hidden={list(self.hidden)}": self.hidden,
            f"train.dropout={self.dropout}": self.dropout,
            f"train.loss={self.loss}": self.loss != "cross_entropy",
        }
        return tuple(setting for setting, is_set in settings.items() if is_set)

    @property
    def may_solve_heads(self) -> bool:
        """Whether heads are solved where they stand on vectors; others are trained."""
        return not self.beyond_linear and self.optimizer in SOLVING


def find_faults(train: Section, network: backbone.Section, where: str) -> list[str]:
    """Return the faults that only several parameters side by side can show.

    Args:
        train: the `train` section.
        network: the `backbone` section.
        where: the file that they are in.
    """
    faults = []
    in_the_way = list(train.beyond_linear)
    if network.unfreeze:
        in_the_way.append(f"backbone.unfreeze={network.unfreeze}")
    if network.weights == backbone.RANDOM:
        in_the_way.append(f"backbone.weights={network.weights}")
    if train.optimizer == "lbfgs" and in_the_way:
        faults.append(
            f"{where}: train.optimizer must be auto or one that trains by gradient "
            f"descent where more than linear heads is fitted, got lbfgs with "
            f"{', '.join(in_the_way)}. Set train.optimizer=auto."
        )
    if train.batch_norm and train.hidden and train.batch_size == 1:
        faults.append(
            f"{where}: train.batch_size must be 2 or more with train.batch_norm, which "
            "has nothing to compare a single row with, got 1. Raise it."
        )
    if train.min_epochs >= train.epochs:
        faults.append(
            f"{where}: train.min_epochs must be less than train.epochs, "
            f"{train.epochs}, got {train.min_epochs}. Lower it."
        )
    return faults
