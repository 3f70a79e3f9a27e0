"""Building the models of a strategy: inputs, what is left above the cut, heads.

Strategies decide which models there are; what their models share stands here.
"""

from collections.abc import Iterable, Sequence

import keras
import numpy as np

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Member
from headswap.layers.inference import Inference
from headswap.params.train import Section
from headswap.train.heads import hidden_layers, output_layer, score_layer

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
        """Return the last tensors before an output layer, (B, units) float32 each.

        One tensor, but one a member under `train.merge: scores`.

        Args:
            inputs: of `inputs()`.
            name: prefix of the layer names, unique within a model.
            extra: more features, (B, D) float32 each, beside the backbone's vector.
        """
        vectors = [self._vector(member, inputs, name) for member in self._members]
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
        above: keras.layers.Layer = member.build_above(layer_name)
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
        if len(trunk) == 1:
            return output_layer(task, self._options)(trunk[0])
        scores = [
            score_layer(task, self._options, f"{task.name}-{member.name}")(branch)
            for member, branch in zip(self._members, trunk, strict=True)
        ]
        return output_layer(task, self._options)(_join(scores, f"{task.name}-scores"))


def _join(tensors: Sequence[keras.KerasTensor], name: str) -> keras.KerasTensor:
    if len(tensors) == 1:
        return tensors[0]
    return keras.layers.Concatenate(name=name)(tensors)
