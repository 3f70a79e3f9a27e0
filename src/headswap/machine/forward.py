"""A model as one function on Keras's backend, which nobody waits for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras


def compile_forward(model: "keras.Model") -> Callable[[np.ndarray], Any]:
    """Return the function from a batch to the model's output on Keras's backend.

    On a GPU it returns before the output is there, and who makes NumPy's array of it
    waits: `keras.Model.predict_on_batch` would let the GPU idle until then.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        # Copies, for Keras gives its own away when it trains or predicts.
        state = [
            [jax.numpy.array(variable.value) for variable in variables]
            for variables in (model.trainable_variables, model.non_trainable_variables)
        ]
        compiled = jax.jit(
            lambda state, batch: model.stateless_call(*state, batch, training=False)[0]
        )
        return lambda batch: compiled(state, batch)
    if backend == "tensorflow":
        import tensorflow

        return tensorflow.function(lambda batch: model(batch, training=False))
    import torch

    return torch.inference_mode()(lambda batch: model(batch, training=False))
