"""The cut: one network -> a frozen part below and a trained part above.

A network can be cut after a layer where exactly one tensor is still needed. What lies
below such a place is computed once an image and cached; what lies above is trained on
the cache. The places are found in the graph, so any functional Keras model will do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True)
class Cut:
    """A network in two parts.

    Attributes:
        layer_name: the last layer below.
        below: from uint8 pixels to the cached feature.
        above: from the cached feature to the pooled vector; None where nothing is left
            to train, because the cut is at the pooled vector itself.
    """

    layer_name: str
    below: keras.Model
    above: keras.Model | None


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


def divide(network: keras.Model, layer_name: str) -> Cut:
    """Return the network cut after one of its `places`."""
    # Operations that are no layers (an addition, say) are places too.
    operations = {operation.name: operation for operation in network.operations}
    tensor = operations[layer_name].output
    if tensor is network.output:
        return Cut(layer_name, network, None)
    return Cut(
        layer_name,
        keras.Model(network.input, tensor),
        keras.Model(tensor, network.output),
    )
