"""Keras on its backend, and so on a GPU where there is one; in batches.

The place of a picture in its batch may count in the last bits of its features: it does
on processors with AVX2 and without AVX-512, by 2e-7 of a feature.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from headswap.engines import Keep
from headswap.machine.backend import find_gpu, start_keras
from headswap.machine.processor import instruction_set

if TYPE_CHECKING:
    import keras

# On a GPU: one that it computes, one that it is given meanwhile.
BATCHES_AT_ONCE = 2


def find_device(backend: str) -> str:
    """Return what Keras computes on, such as `CPU X86_V3`.

    Args:
        backend: of Keras, which is started.
    """
    start_keras(backend)
    gpu = find_gpu()
    return f"GPU {gpu}" if gpu else f"CPU {instruction_set()}"


def load(
    network: "Callable[[], keras.Model]", batch_size: int, precision: str, keep: Keep
) -> Callable[[Iterable[np.ndarray]], Iterator[np.ndarray]]:
    """Return the function from pictures, (S, S, 3) uint8, to their features, float32.

    Args:
        network: builds it, from a batch of pictures to their features.
        batch_size: pictures a step.
        precision: `features.precision`; the network computes in its own.
        keep: without influence; Keras has no form of its own.
    """
    compute = compile_forward(network())

    def run(pictures: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        remaining = iter(pictures)
        # The next batch is on its way while the last one's features are taken.
        busy: deque[tuple[Any, int]] = deque()
        while batch := list(islice(remaining, batch_size)):
            # A smaller last batch would be compiled anew, and a batch of one may differ
            # in the last bits from the same picture in a larger batch.
            padded = np.zeros((batch_size, *batch[0].shape), np.uint8)
            np.stack(batch, out=padded[: len(batch)])
            busy.append((compute(padded), len(batch)))
            if len(busy) == BATCHES_AT_ONCE:
                yield from _wait(*busy.popleft())
        while busy:
            yield from _wait(*busy.popleft())

    return run


def _wait(output: Any, number: int) -> np.ndarray:
    """Return the features of a batch's first pictures, once they are there."""
    import keras

    return keras.ops.convert_to_numpy(output)[:number]


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
        return partial(compiled, state)
    if backend == "tensorflow":
        import tensorflow

        return tensorflow.function(lambda batch: model(batch, training=False))
    import torch

    return torch.inference_mode()(lambda batch: model(batch, training=False))
