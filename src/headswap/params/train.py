"""The `train` section: what is fitted on the cached features, and how."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from headswap.params._types import STRICT, Count, Seed, Share, name_in

Positive = Annotated[float, Field(gt=0)]


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
        l2: weight of the L2 penalty on all Dense kernels.
        loss: `cross_entropy`, or `focal`, which turns to the hard examples.
        class_weight: in the loss: `balanced` by class frequency, or `effective` by the
            effective number of samples.
        optimizer: of `keras.optimizers`.
        learning_rate: of that optimiser, for all but unfrozen pretrained layers; see
            `backbone.learning_rate`.
        batch_size: rows a step.
        epochs: at most; of a fine-tuning, for the heads and then again for everything.
        patience: epochs without a lower validation loss before training stops; the
            weights of the best epoch are kept.
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
    l2: Annotated[float, Field(ge=0)]
    loss: Literal["cross_entropy", "focal"]
    class_weight: Literal["none", "balanced", "effective"]
    optimizer: Literal["adam", "adamw", "sgd", "rmsprop", "nadam", "lion"]
    learning_rate: Positive
    batch_size: Count
    epochs: Count
    patience: Count
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"]
    tf32: bool
    seed: Seed
