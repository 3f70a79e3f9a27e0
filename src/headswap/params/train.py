"""The `train` section: what is fitted on the cached features, and how."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field

from headswap.params import backbone
from headswap.params._types import (
    KEYS_SEEN_BY_DVC,
    STRICT,
    Count,
    Seed,
    Share,
    name_in,
)

Positive = Annotated[float, Field(gt=0)]
Decode = Literal["independent", "consistent"]

# Left to the program, which says what it took.
AUTO = "auto"
# What `final` is by default.
FIRST = "first"
# Those that solve heads; all others train them.
SOLVING = (AUTO, "lbfgs")
# Strategies that train all tasks alike; for all others `order` says which comes first.
UNORDERED = ("independent", "multi_output")


class Aim(NamedTuple):
    """What a threshold is to reach.

    Attributes:
        metric: `recall` or `precision`.
        at_least: its value, above 0 up to 1.
    """

    metric: str
    at_least: float


def read_aim(text: str) -> Aim:
    """Return what a text such as `recall >= 0.95` asks for.

    Raises:
        ValueError: it asks for nothing that is known.
    """
    found = re.fullmatch(r"(recall|precision) *>= *(\d*\.?\d+)", text.strip())
    if not found or not 0 < float(found[2]) <= 1:
        raise ValueError('recall or precision >= a share, such as "recall >= 0.95"')
    return Aim(found[1], float(found[2]))


def _require_aim(text: str) -> str:
    read_aim(text)
    return text


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
        label_smoothing: share of each target that is spread over all classes, of
            several labels over yes and no; of cross entropy, trained or solved.
        loss_weights: how much a task counts in the loss of layers that several tasks
            share; 1 where it is not named. Only with `multi_output`.
        threshold_for: of classes among several labels, what their threshold is to
            reach on validation, `recall >= 0.95` or `precision >= 0.9`, with the other
            of the two as high as can be; all other thresholds have the best F1.
        final: the model that is kept: that of the `first` round, or one fitted to
            `all` images with the strengths that the rounds agree on. Figures are those
            of the rounds either way.
        decode: how the classes of several tasks are chosen: `independent`, each by
            itself, or `consistent`, where tasks form a tree: together, by the product
            of the probabilities, so that each finer class lies in the coarser ones.
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
    label_smoothing: Share
    loss_weights: Annotated[dict[str, Positive], KEYS_SEEN_BY_DVC]
    threshold_for: Annotated[
        dict[str, Annotated[str, AfterValidator(_require_aim)]], KEYS_SEEN_BY_DVC
    ]
    final: Literal["first", "all"]
    decode: Decode
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
    # All of such a network is trained, whatever is unfrozen.
    in_the_way += [
        f"backbone.name={each.source}"
        for each in network.networks
        if each.is_from_scratch
    ]
    if train.optimizer == "lbfgs" and in_the_way:
        faults.append(
            f"{where}: train.optimizer must be auto or one that trains by gradient "
            f"descent where more than linear heads is fitted, got lbfgs with "
            f"{', '.join(in_the_way)}. Set train.optimizer=auto."
        )
    is_trained = bool(in_the_way) or not train.may_solve_heads
    has_shared = bool(train.hidden) or network.trains_layers
    if train.loss_weights and not (train.strategy == "multi_output" and has_shared):
        faults.append(
            f"{where}: train.loss_weights must be empty where tasks share no layer "
            "that is trained for all at once: solved or separate heads are the same "
            f"under any weight, got {dict(train.loss_weights)}. Remove it, or set "
            "train.strategy=multi_output with train.hidden, backbone.unfreeze or a "
            "network from scratch."
        )
    if train.label_smoothing and train.loss != "cross_entropy":
        faults.append(
            f"{where}: train.label_smoothing must be 0 with another loss than "
            f"cross_entropy, got {train.label_smoothing} with {train.loss}. Change one."
        )
    if train.final == "all" and is_trained:
        faults.append(
            f"{where}: train.final must be first where anything is trained by gradient "
            "descent, which ends by images that it does not train on, got all. Set "
            "train.final=first."
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
