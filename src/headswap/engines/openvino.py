"""OpenVINO on the processor: the network of Keras, converted once and kept.

One stream a core, one thread a stream, and every picture a request of its own; so the
last bits of a feature depend neither on the number of cores nor on other pictures.
"""

import functools
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from headswap.engines import Keep
from headswap.errors import InputError, shortened
from headswap.machine.parallel import num_cores
from headswap.machine.processor import has_bfloat16, instruction_set

if TYPE_CHECKING:
    import keras

# Of `features.precision`. Without it OpenVINO takes bfloat16 where the processor can;
# 16 bits of the cached numbers alone are no reason to compute in them.
PRECISIONS = {"float32": "f32", "float16": "f32", "bfloat16": "bf16"}
# So that a stream has its next picture while the last feature is being written.
REQUESTS_A_STREAM = 2
# OpenVINO's own form of a network, as its files are called everywhere.
GRAPH, WEIGHTS = "below.xml", "below.bin"


def find_device(backend: str) -> str:
    """Return what OpenVINO computes on, such as `CPU X86_V3`.

    Args:
        backend: of Keras, without influence.
    """
    return f"CPU {instruction_set()}"


def load(
    network: "Callable[[], keras.Model]", batch_size: int, precision: str, keep: Keep
) -> Callable[[Iterable[np.ndarray]], Iterator[np.ndarray]]:
    """Return the function from pictures, (S, S, 3) uint8, to their features, float32.

    Args:
        network: builds it, from a batch of pictures to their features, on TensorFlow;
            called only where OpenVINO's form of it is not kept.
        batch_size: without influence; each picture is computed by itself.
        precision: `features.precision`; in `bfloat16` the network computes too.
        keep: what is kept of the network.

    Raises:
        InputError: a layer that OpenVINO cannot convert, or `bfloat16` on a processor
            without instructions for it.
    """
    # OpenVINO would imitate them, slower than it computes in float32.
    if precision == "bfloat16" and not has_bfloat16():
        raise InputError(
            "params.yaml: features.precision must be float32 or float16 on a processor "
            "without instructions for bfloat16, got 'bfloat16'. Set one of them."
        )
    num_streams = num_cores()
    options = {
        "INFERENCE_PRECISION_HINT": PRECISIONS[precision],
        "NUM_STREAMS": num_streams,
        "INFERENCE_NUM_THREADS": num_streams,
        # Two runs at a time would both hold on to the first cores.
        "ENABLE_CPU_PINNING": False,
    }
    files = keep((GRAPH, WEIGHTS), lambda: _write(convert(network())))
    core = only_core()
    model = core.read_model(files[GRAPH], files[WEIGHTS])
    compiled = core.compile_model(model, "CPU", options)

    def run(pictures: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        idle = [
            compiled.create_infer_request()
            for _ in range(REQUESTS_A_STREAM * num_streams)
        ]
        busy: deque[Any] = deque()
        for picture in pictures:
            if not idle:
                request = busy.popleft()
                yield _wait(request)
                idle.append(request)
            busy.append(idle.pop())
            busy[-1].start_async({0: picture[None]})
        while busy:
            yield _wait(busy.popleft())

    return run


def _wait(request: Any) -> np.ndarray:
    """Return a copy of a request's feature, once it is there."""
    request.wait()
    return request.get_output_tensor(0).data[0].copy()


def convert(network: "keras.Model") -> Any:
    """Return the network for one picture at a time.

    Raises:
        InputError: a layer that OpenVINO cannot convert.
    """
    import tensorflow

    pixels = tensorflow.TensorSpec((1, *network.input_shape[1:]), "uint8", "pixels")

    @tensorflow.function(input_signature=[pixels])
    def compute(pixels: Any) -> dict[str, Any]:
        # Without a name for it, tensors inside some activations are outputs as well.
        return {"feature": network(pixels, training=False)}

    try:
        return import_openvino().convert_model(compute.get_concrete_function())
    # What is raised depends on where in the graph OpenVINO stumbles.
    except Exception as error:
        reason = shortened(str(error))
        raise InputError(
            "params.yaml: features.engine must be able to convert the network, got "
            f"'openvino', which is not: {reason}. Set features.engine=keras."
        ) from error


def _write(model: Any) -> Mapping[str, bytes]:
    """Return a network's files, its weights in float32."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in (GRAPH, WEIGHTS)]
        import_openvino().serialize(model, *paths)
        return {path.name: path.read_bytes() for path in paths}


def import_openvino() -> Any:
    """Return the module, which then tells its makers nothing."""
    # It reports how it is used, over the network, unless it finds no such package.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    return openvino


@functools.cache
def only_core() -> Any:
    """Return the one core of this process, which is never let go.

    Where a processor has matrix registers, each core gives the thread a stack for
    signals, and takes back the one it had found there as it goes: with two cores that
    may be one that is gone, and then Ctrl-C ends the process with a segmentation fault.
    """
    return import_openvino().Core()
