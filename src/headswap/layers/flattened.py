"""The layers of a model, called on another input, so that each stands in one graph.

In: a functional model, with models inside it or not. Out: what its layers give, none of
them a model.
"""

from typing import Any

import keras

# Neither has a public name: the class, and going through its graph with other layers.
from keras.src.models.functional import Functional


def is_functional(layer: Any) -> bool:
    """Return whether a layer is a model that does what its graph says."""
    return isinstance(layer, Functional) and type(layer).call is Functional.call


class Flattened:
    """Calls the layers of models. A model cannot be used any more afterwards.

    Args:
        prefix: of the names of the layers.

    Attributes:
        called_twice: names of layers that a model calls more than once.
    """

    def __init__(self, prefix: str = ""):
        self.called_twice: list[str] = []
        self._prefix = prefix
        self._seen: set[int] = set()
        self._names: set[str] = set()

    def run(self, model: Functional, tensors: Any) -> Any:
        """Return what a model's layers give, those of models inside it too."""
        return model._run_through_graph(
            tensors, operation_fn=self.open, call_fn=self.call
        )

    def open(self, operation: Any) -> Any:
        """Return what stands for a layer: a model whose own layers can be called."""
        if isinstance(operation, keras.Sequential):
            return keras.Model(operation.inputs, operation.outputs)
        return operation

    def call(self, operation: Any, *arguments: Any, **options: Any) -> Any:
        """Return what a layer gives."""
        if is_functional(operation):
            return self.run(operation, arguments[0])
        if id(operation) in self._seen:
            self.called_twice.append(operation.name)
        else:
            # As if it had never been called; a layer in two graphs has no one output.
            operation._inbound_nodes.clear()
            operation.name = self._unique(f"{self._prefix}{operation.name}")
            if isinstance(operation, keras.layers.Layer):
                operation.trainable = True
        self._seen.add(id(operation))
        return operation(*arguments, **options)

    def _unique(self, name: str) -> str:
        number, unique = 1, name
        while unique in self._names:
            number += 1
            unique = f"{name}-{number}"
        self._names.add(unique)
        return unique
