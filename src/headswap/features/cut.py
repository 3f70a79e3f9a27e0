"""The cut: one network -> a frozen part below and a trained part above.

A network can be cut after a layer where exactly one tensor is still needed. What lies
below such a place is computed once an image and cached; what lies above is trained on
the cache. The places are found in the graph, so any functional Keras model will do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from headswap.errors import InputError

# Values of `backbone.unfreeze`, in blocks.
BLOCKS = {"last_block": 1, "last_two": 2}
# Layers that join several tensors into one, by class.
JOINING = ("Add", "Concatenate")


@dataclass(frozen=True)
class Cut:
    """A network in two parts.

    Attributes:
        layer_name: the last layer below.
        below: from uint8 pixels to the cached feature; None where the cut is at the
            input, so that the pictures themselves are the features.
        above: from the cached feature to the pooled vector; None where nothing is left
            to train, because the cut is at the pooled vector itself.
    """

    layer_name: str
    below: keras.Model | None
    above: keras.Model | None

    @property
    def parts(self) -> dict[str, keras.Model]:
        """Those there are, by their names."""
        both = {"below": self.below, "above": self.above}
        return {name: part for name, part in both.items() if part is not None}


def places(network: keras.Model) -> list[str]:
    """Return the layers after which one tensor crosses, from input to output."""
    config = network.get_config()
    last_use: dict[Any, int] = {}
    for position, layer in enumerate(config["layers"]):
        for source in _tensors(layer["inbound_nodes"]):
            last_use[source] = position
    for source in _histories(config["output_layers"]):
        last_use[source] = len(config["layers"])
    found, alive = [], set()
    for position, layer in enumerate(config["layers"]):
        alive |= {source for source in last_use if source[0] == layer["name"]}
        alive = {source for source in alive if last_use[source] > position}
        if len(alive) == 1 and next(iter(alive))[0] == layer["name"]:
            found.append(layer["name"])
    return found


def _tensors(nodes: Any) -> Iterator[tuple[str, int, int]]:
    """Yield the (layer, node, tensor) of every tensor in a layer's call arguments."""
    if isinstance(nodes, dict):
        if nodes.get("class_name") == "__keras_tensor__":
            yield tuple(nodes["config"]["keras_history"])
        else:
            for value in nodes.values():
                yield from _tensors(value)
    elif isinstance(nodes, list | tuple):
        for value in nodes:
            yield from _tensors(value)


def _histories(outputs: Any) -> Iterator[tuple[str, int, int]]:
    if outputs and isinstance(outputs[0], str):
        yield tuple(outputs)
    else:
        for output in outputs:
            yield from _histories(output)


def count_last(network: keras.Model, num_blocks: int) -> int | None:
    """Return how many layers the last blocks have, the final pooling left out.

    A block begins above a place whose tensor is a sum, a concatenation or the output of
    a pooling. A stretch that has no kernel to train (an activation, a normalisation)
    belongs to the block below it.

    Args:
        network: from pixels to the pooled vector.
        num_blocks: 1 or more.

    Returns:
        None where there are fewer such places.
    """
    operations = network.operations[:-1]
    found = set(places(network))
    has_kernel = False
    for number, operation in enumerate(reversed(operations)):
        if has_kernel and operation.name in found and _ends_block(operation):
            num_blocks, has_kernel = num_blocks - 1, False
            if num_blocks == 0:
                return number
        weights = getattr(operation, "trainable_weights", [])
        has_kernel = has_kernel or any(len(weight.shape) > 1 for weight in weights)
    return None


def _ends_block(operation: Any) -> bool:
    kind = type(operation).__name__
    num_inputs = len(keras.tree.flatten(operation.input))
    return "Pool" in kind or (kind in JOINING and num_inputs > 1)


def choose_place(network: keras.Model, unfreeze: int | str) -> tuple[str, list[str]]:
    """Return where to cut and which layers above the cut stay frozen all the same.

    The last layer, which pools, does not count. Where several tensors cross just
    below the layers to be trained, the cut moves down to the nearest place.

    Args:
        network: from pixels to the pooled vector.
        unfreeze: how many of the last layers are to be trained, `all`, or one of
            `BLOCKS`.

    Raises:
        InputError: the network has fewer layers or blocks.
    """
    layers = [operation.name for operation in network.operations]
    position = {name: number for number, name in enumerate(layers)}
    # Between the input and the pooling; neither has anything to train.
    num_layers = len(layers) - 2
    if unfreeze == 0:
        return layers[-1], []
    if unfreeze == "all":
        return layers[0], []
    if unfreeze in BLOCKS:
        counted = count_last(network, BLOCKS[str(unfreeze)])
        if counted is None:
            raise InputError(
                f"params.yaml: backbone.unfreeze must be 0 to {num_layers} or all for "
                f"{network.name}, which has too few additions, concatenations and "
                f"poolings, got {unfreeze}. Give a number of layers."
            )
        unfreeze = counted
    if not isinstance(unfreeze, int) or unfreeze > num_layers:
        raise InputError(
            f"params.yaml: backbone.unfreeze must be 0 to {num_layers} or all for "
            f"{network.name}, got {unfreeze}. Lower it."
        )
    first_trained = len(layers) - 1 - unfreeze
    place = max(
        (name for name in places(network) if position[name] < first_trained),
        key=position.__getitem__,
    )
    return place, layers[position[place] + 1 : first_trained]


def divide(network: keras.Model, layer_name: str) -> Cut:
    """Return the network cut after one of its `places`."""
    # Operations that are no layers (an addition, say) are places too.
    operations = {operation.name: operation for operation in network.operations}
    tensor = operations[layer_name].output
    if tensor is network.output:
        return Cut(layer_name, network, None)
    if tensor is network.input:
        return Cut(layer_name, None, network)
    return Cut(
        layer_name,
        keras.Model(network.input, tensor, name="below"),
        keras.Model(tensor, network.output, name="above"),
    )


def multiply_adds(model: keras.Model) -> int:
    """Return the multiplications of weights that a picture takes.

    A kernel is applied at each place of what its layer gives. What layers without
    kernels do, and products of features, as in attention, is left out.
    """
    return sum(
        int(np.prod(weight.shape)) * int(np.prod(layer.output.shape[1:-1]))
        for layer in model.layers
        for weight in layer.weights
        if len(weight.shape) > 1
    )


def num_trained(cut: Cut) -> int:
    """Return how many numbers are trained above a cut."""
    if cut.above is None:
        return 0
    return sum(int(np.prod(weight.shape)) for weight in cut.above.trainable_weights)
