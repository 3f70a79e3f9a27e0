"""Building the models of a strategy: inputs, what is left above the cut, heads.

Strategies decide which models there are; what their models share stands here.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.above import build_above
from headswap.artifacts.features.cache import Member
from headswap.artifacts.model.heads import connect
from headswap.layers.inference import Inference
from headswap.params.train import Section
from headswap.solver.standardize import NONE
from headswap.train.descent.heads import (
    hidden_layers,
    output_layer,
    score_layer,
    strength,
)

Tensors = dict[str, keras.KerasTensor]


class Builder:
    """Builds models from cached features to probabilities.

    Args:
        members: the cached features.
        options: the `train` section.
        train_batch_norm: of the `backbone` section.
    """

    def __init__(
        self, members: Sequence[Member], options: Section, train_batch_norm: bool
    ):
        self._members = members
        self._options = options
        self._train_batch_norm = train_batch_norm
        # Of each layer that gives the vector of pretrained layers, the member's input.
        self._pretrained_inputs: dict[str, str] = {}

    @property
    def solves_heads(self) -> bool:
        """Whether the heads of its models can be solved before anything is trained."""
        is_joined_once = len(self._members) == 1 or self._options.merge == "features"
        has_vectors = not any(
            member.has_above and member.has_random_weights for member in self._members
        )
        return self._options.may_solve_heads and is_joined_once and has_vectors

    def model(
        self, inputs: Tensors, outputs: Any, name: str | None = None
    ) -> keras.Model:
        """Return the model between tensors of this builder's."""
        return keras.Model(inputs, outputs, name=name)

    def probabilities_name(self, task: Task) -> str:
        """Return the name of an input for what an earlier model says of a task."""
        return f"{task.name}-probabilities"

    def probabilities_input(self, task: Task) -> keras.KerasTensor:
        """Return a fresh input of that name."""
        return keras.Input((task.num_classes,), name=self.probabilities_name(task))

    def inputs(self) -> Tensors:
        """Return fresh symbolic inputs, one a member, by its input name."""
        return {
            member.input_name: keras.Input(
                member.rows.row_shape,
                dtype="uint8" if member.rows.dtype == np.uint8 else "float32",
                name=member.input_name,
            )
            for member in self._members
        }

    def trunk(
        self, inputs: Tensors, name: str, extra: Iterable[keras.KerasTensor] = ()
    ) -> list[keras.KerasTensor]:
        """Return the last tensors before an output layer, (B, units) each.

        One tensor, but one a member under `train.merge: scores`, and one a member and
        each of `extra` where heads are solved, which standardise and join them.

        Args:
            inputs: of `inputs()`.
            name: prefix of the layer names, unique within a model.
            extra: more features, (B, D) float32 each, beside the backbone's vector.
        """
        vectors = [self._vector(member, inputs, name) for member in self._members]
        if self.solves_heads:
            return [*vectors, *extra]
        if self._options.merge == "features":
            branches = {name: [*vectors, *extra]}
        else:
            branches = {
                f"{name}-{member.name}": [vector, *extra]
                for member, vector in zip(self._members, vectors, strict=True)
            }
        return [
            hidden_layers(_join(tensors, f"{branch}-features"), self._options, branch)
            for branch, tensors in branches.items()
        ]

    def _vector(self, member: Member, inputs: Tensors, name: str) -> keras.KerasTensor:
        """Return a member's pooled vector, (B, D) float32."""
        if not member.has_above:
            return inputs[member.input_name]
        layer_name = f"{name}-{member.name}-above"
        above: keras.layers.Layer = build_above(member, layer_name)
        if not (member.has_random_weights or self._train_batch_norm):
            # Statistics of a few small batches would undo what pretrained ones know.
            above = Inference(above, name=layer_name)
        widen = keras.layers.Identity(
            dtype="float32", name=f"{name}-{member.name}-vector"
        )
        if not member.has_random_weights:
            self._pretrained_inputs[widen.name] = member.input_name
        return widen(above(inputs[member.input_name]))

    def pretrained_vectors(self, model: keras.Model) -> Tensors:
        """Return the vectors that a model's pretrained layers give, (B, D) float32.

        Args:
            model: built from this builder's parts, with one trunk.

        Returns:
            by the name of the input they are computed from; none of a member that is
            cut at the pooled vector, or that starts from random weights.
        """
        return {
            self._pretrained_inputs[layer.name]: layer.output
            for layer in model.layers
            if layer.name in self._pretrained_inputs
        }

    def output(
        self, task: Task, trunk: Sequence[keras.KerasTensor]
    ) -> keras.KerasTensor:
        """Return a task's probabilities, (B, num_classes) float32."""
        if self.solves_heads:
            features = [member.input_name for member in self._members]
            sources = [*features, *(extra.name for extra in trunk[len(features) :])]
            tensors = dict(zip(sources, trunk, strict=True))
            scaled = () if self._options.standardize == NONE else features
            return connect(task.name, task.kind, task.num_classes, tensors, scaled)
        l2 = strength(self._options)
        if len(trunk) == 1:
            return output_layer(task, l2)(trunk[0])
        scores = [
            score_layer(task, l2, f"{task.name}-{member.name}")(branch)
            for member, branch in zip(self._members, trunk, strict=True)
        ]
        return output_layer(task, l2)(_join(scores, f"{task.name}-scores"))


def _join(tensors: Sequence[keras.KerasTensor], name: str) -> keras.KerasTensor:
    if len(tensors) == 1:
        return tensors[0]
    return keras.layers.Concatenate(name=name)(tensors)
