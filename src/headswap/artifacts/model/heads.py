"""Solved heads: linear maps from features, and from one another, to probabilities.

A head adds up one linear map a block of inputs; a block is the features of one member
or what an earlier head gives. `heads.json` says what is connected to what, `heads.npy`
holds all numbers in that order; as a Keras model they are plain layers
(`build_network`).
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headswap.artifacts.model.listed_heads import ListedHead
from headswap.artifacts.storage.arrays import read_array
from headswap.artifacts.storage.documents import read_document
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError
from headswap.solver.logistic import probabilities
from headswap.solver.standardize import scale

if TYPE_CHECKING:
    import keras

# Beside the kinds of tasks: a head whose scores are for another head.
SCORES = "scores"
ACTIVATIONS = {"multiclass": "softmax", "multilabel": "sigmoid", SCORES: "linear"}


@dataclass(frozen=True)
class Block:
    """What a head takes from one of its inputs.

    Attributes:
        source: the name of the input: a member's, or that of an earlier head.
        mean: (D,) float64, subtracted.
        has_unit_length: whether a row is then scaled to length 1.
        kernel: (D, C) float64.
    """

    source: str
    mean: np.ndarray
    has_unit_length: bool
    kernel: np.ndarray


@dataclass(frozen=True)
class Head:
    """One linear head.

    Attributes:
        name: of its task, or, with kind `scores`, of what another head takes.
        kind: of its task, or `scores`.
        blocks: what it takes.
        bias: (C,) float64.
    """

    name: str
    kind: str
    blocks: tuple[Block, ...]
    bias: np.ndarray

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return probabilities, or scores, (N, C) float64, of inputs by name."""
        scores: np.ndarray = self.bias
        for block in self.blocks:
            rows = scale(inputs[block.source], block.mean, block.has_unit_length)
            scores = scores + rows @ block.kernel
        return scores if self.kind == SCORES else probabilities(scores, self.kind)


def write_heads(folder: PathLike, heads: Sequence[Head]) -> None:
    """Write heads, in the order in which they take from one another."""
    numbers, listed = [], []
    for head in heads:
        blocks = []
        for block in head.blocks:
            numbers += [block.mean, block.kernel.ravel()]
            blocks.append(
                {
                    "source": block.source,
                    "width": len(block.mean),
                    "has_unit_length": block.has_unit_length,
                }
            )
        numbers.append(head.bias)
        listed.append(
            {
                "name": head.name,
                "kind": head.kind,
                "num_classes": len(head.bias),
                "blocks": blocks,
            }
        )
    path = Path(folder)
    text = json.dumps(listed, indent=2, ensure_ascii=False)
    (path / "heads.json").write_text(text + "\n", encoding="utf-8")
    # Not as an archive: the bytes of those differ between versions of Python.
    np.save(path / "heads.npy", np.concatenate(numbers))


def read_heads(folder: PathLike) -> list[Head]:
    """Return what `write_heads` wrote.

    Raises:
        InputError: the files are no such heads, or hold a number that is none.
    """
    path = Path(folder)
    remedy = "Make the model again, or copy it again."
    listed = read_document(path / "heads.json", list[ListedHead], remedy)
    numbers = read_array(path / "heads.npy")
    expected = sum(head.num_values for head in listed)
    if numbers.shape != (expected,) or numbers.dtype != np.float64:
        raise InputError(
            f"{path / 'heads.npy'}: it must have the {expected:,} numbers of "
            f"heads.json, got {numbers.shape} {numbers.dtype}. {remedy}"
        )
    if not np.isfinite(numbers).all():
        raise InputError(
            f"{path / 'heads.npy'}: each number must be finite, got "
            f"{numbers[~np.isfinite(numbers)][0]}. {remedy}"
        )
    place = 0

    def take(*shape: int) -> np.ndarray:
        nonlocal place
        start, place = place, place + math.prod(shape)
        return numbers[start:place].reshape(shape)

    heads = []
    for head in listed:
        blocks = [
            Block(
                block.source,
                take(block.width),
                block.has_unit_length,
                take(block.width, head.num_classes),
            )
            for block in head.blocks
        ]
        bias = take(head.num_classes)
        heads.append(Head(head.name, head.kind, tuple(blocks), bias))
    return heads


def connect(
    name: str,
    kind: str,
    num_classes: int,
    tensors: Mapping[str, Any],
    scaled: Collection[str],
) -> Any:
    """Return a head as Keras layers on symbolic tensors; `set_head` gives them weights.

    Args:
        name: of the head.
        kind: of the head.
        num_classes: of its outputs.
        tensors: (B, D) each, by source, in the order of the head's blocks.
        scaled: the sources that are centred and scaled to length 1.
    """
    import keras

    parts = []
    for source, tensor in tensors.items():
        if source in scaled:
            # Batch normalisation that is never in training mode, with variance 1:
            # unlike Keras's Normalization it survives every export.
            centre = keras.layers.BatchNormalization(
                center=False,
                scale=False,
                epsilon=0.0,
                trainable=False,
                dtype="float32",
                name=_centre_name(name, source),
            )
            length = keras.layers.UnitNormalization(
                dtype="float32", name=f"{name}-{source}-length"
            )
            tensor = length(centre(tensor))
        parts.append(tensor)
    joined = parts[0]
    if len(parts) > 1:
        joined = keras.layers.Concatenate(dtype="float32", name=f"{name}-joined")(parts)
    dense = keras.layers.Dense(
        num_classes, activation=ACTIVATIONS[kind], dtype="float32", name=name
    )
    return dense(joined)


def _centre_name(head: str, source: str) -> str:
    return f"{head}-{source}-centred"


def set_head(model: "keras.Model", head: Head) -> None:
    """Give the layers that `connect` made for a head its weights."""
    for block in head.blocks:
        if block.has_unit_length:
            centre = model.get_layer(_centre_name(head.name, block.source))
            centre.set_weights([block.mean, np.ones_like(block.mean)])
    kernels = np.concatenate([block.kernel for block in head.blocks])
    model.get_layer(head.name).set_weights([kernels, head.bias])


def build_network(heads: Sequence[Head]) -> "keras.Model":
    """Return the heads as a Keras model from features to {task name: probabilities}."""
    import keras

    made = {head.name for head in heads}
    tensors: dict[str, Any] = {
        block.source: keras.Input(block.mean.shape, name=block.source)
        for head in heads
        for block in head.blocks
        if block.source not in made
    }
    inputs = dict(tensors)
    for head in heads:
        tensors[head.name] = connect(
            head.name,
            head.kind,
            len(head.bias),
            {block.source: tensors[block.source] for block in head.blocks},
            [block.source for block in head.blocks if block.has_unit_length],
        )
    outputs = {head.name: tensors[head.name] for head in heads if head.kind != SCORES}
    model = keras.Model(inputs, outputs)
    for head in heads:
        set_head(model, head)
    return model
