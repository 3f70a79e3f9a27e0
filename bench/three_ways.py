"""One network in Keras, in our engine and as OpenVINO measures it itself, in turn.

    python -m bench.three_ways NAME SIZE RESULT

writes the milliseconds a picture of each to RESULT, the least of some rounds: by the
clock and over all cores, which other work on the machine hardly changes. The third is
what OpenVINO's benchmark_app does in its throughput mode: its own numbers of streams
and requests, a picture that is already there, and features that nobody takes. Weights
are random, which costs the same; on TensorFlow, in float32.
"""

import dataclasses
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import stages  # noqa: F401  (it puts src on the path)

# isort: split
from headswap import params
from headswap.machine.backend import set_up_backend, start_keras

BATCH_SIZE = 32
NUM_PICTURES = 2 * BATCH_SIZE
NUM_ROUNDS = 9
# On a busy machine, who has just computed much gets less.
PAUSE_SECONDS = 1


def main(name: str, size: int, result: Path) -> None:
    """Run the three in turn and write what they took."""
    start_keras("tensorflow")
    set_up_backend(tf32=False, one_thread=False)
    import numpy as np

    from headswap.engines import openvino as engine
    from headswap.features.network import build_network

    backbone = dataclasses.replace(
        params.read("backbone"), name=name, weights="none", image_size=size
    )
    network = build_network(backbone.networks[0], backbone, size)
    shape = (NUM_PICTURES, size, size, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    start = time.perf_counter()
    run = engine.load(
        lambda: network, BATCH_SIZE, "float32", lambda names, make: make()
    )
    load_seconds = time.perf_counter() - start
    import openvino  # Once the engine has seen to it that it reports to nobody.

    queue = openvino.AsyncInferQueue(
        engine.only_core().compile_model(
            engine.convert(network),
            "CPU",
            {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"},
        )
    )
    for request in queue:
        request.set_input_tensor(openvino.Tensor(pictures[:1].copy()))

    def benchmark() -> None:
        for _ in range(NUM_PICTURES):
            queue.start_async()
        queue.wait_all()

    ways: dict[str, Callable[[], object]] = {
        "keras": lambda: network.predict(pictures, batch_size=BATCH_SIZE, verbose=0),
        "ours": lambda: list(run(pictures)),
        "benchmark": benchmark,
    }
    # The first round warms up.
    rounds = [{way: _measure(ways[way]) for way in ways} for _ in range(NUM_ROUNDS)][1:]
    facts = {
        way: [min(found[way][unit] for found in rounds) for unit in (0, 1)]
        for way in ways
    }
    processor = engine.only_core().get_property("CPU", "FULL_DEVICE_NAME")
    extra = {
        "load": load_seconds,
        "processor": f"{processor}, {engine.find_device('tensorflow')}",
    }
    result.write_text(json.dumps({**facts, **extra}))


def _measure(way: Callable[[], object]) -> tuple[float, float]:
    """Return the milliseconds a picture takes, by the clock and over all cores."""
    time.sleep(PAUSE_SECONDS)
    start, cpu_start = time.perf_counter(), time.process_time()
    way()
    seconds = time.perf_counter() - start, time.process_time() - cpu_start
    return 1000 * seconds[0] / NUM_PICTURES, 1000 * seconds[1] / NUM_PICTURES


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
