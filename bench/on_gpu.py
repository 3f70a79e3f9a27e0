"""Features and fine-tuning on a GPU, beside the GPU alone, with Keras on JAX.

    python -m bench.on_gpu features|fine_tuning NAME SIZE RESULT

writes pictures a second to RESULT, the most of some rounds. The GPU alone is the same
computation on one batch that is there already, over and over, whose results nobody
takes; and less than its arithmetic in float32 and its memory admit no program takes.
Weights are random, which costs the same.
"""

import dataclasses
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import stages  # noqa: F401  (it puts src on the path)

# isort: split
from headswap import params
from headswap.machine.backend import find_gpu, set_up_backend, start_keras

BACKEND = "jax"
NUM_PICTURES, NUM_TRAINED = 4096, 2048
NUM_ROUNDS = 3
NUM_CLASSES = 30
PLACES = ("last_block", "all")


def main(what: str, name: str, size: int, result: Path) -> None:
    """Measure one of the two and write what was found."""
    start_keras(BACKEND)
    set_up_backend(tf32=False, one_thread=False)
    found: dict[str, Any] = {"gpu": find_gpu()}
    if found["gpu"]:
        measure = {"features": _features, "fine_tuning": _fine_tuning}[what]
        found |= measure(name, size)
    result.write_text(json.dumps(found))


def _rate(number: int, way: Callable[[], object]) -> float:
    """Return pictures a second, the most of some rounds; the first warms up."""
    seconds = []
    for _ in range(1 + NUM_ROUNDS):
        start = time.perf_counter()
        way()
        seconds.append(time.perf_counter() - start)
    return number / min(seconds[1:])


def _features(name: str, size: int) -> dict[str, Any]:
    import jax
    import numpy as np

    from headswap.engines import keras as engine
    from headswap.features.cut import multiply_adds
    from headswap.features.network import build_network

    backbone = dataclasses.replace(
        params.read("backbone"), name=name, weights="none", image_size=size
    )
    network = build_network(backbone.networks[0], backbone, size)
    shape = (NUM_PICTURES, size, size, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    batch_size = params.read("features").batch_size
    run = engine.load(
        lambda: network, batch_size, "float32", lambda names, make: make()
    )
    ours = _rate(NUM_PICTURES, lambda: [*run(pictures)])
    batch = jax.device_put(pictures[:batch_size])
    compute: Any = engine.compile_forward(network)

    def alone() -> None:
        for _ in range(NUM_PICTURES // batch_size):
            output = compute(batch)
        output.block_until_ready()

    compiled = compute.func.lower(*compute.args, batch).compile()
    num_bytes = compiled.cost_analysis()["bytes accessed"] / batch_size
    operations = 2 * multiply_adds(network)
    arithmetic, memory = _ceilings()
    return {
        "rates": {"features": (ours, _rate(NUM_PICTURES, alone))},
        "teraflops": arithmetic / 1e12,
        "terabytes": memory / 1e12,
        "arithmetic": arithmetic / operations,
        "memory": memory / num_bytes,
    }


def _ceilings() -> tuple[float, float]:
    """Return operations and bytes a second: a large product, and a large copy."""
    import jax

    side, repeats = 8192, 20
    matrix = jax.random.normal(jax.random.key(0), (side, side))

    def timed(compute: Any, argument: Any) -> float:
        compute(argument).block_until_ready()
        start = time.perf_counter()
        compute(argument).block_until_ready()
        return time.perf_counter() - start

    multiply = jax.jit(
        lambda x: jax.lax.fori_loop(0, repeats, lambda i, y: (y @ x) * 1e-2, x)
    )
    copy = jax.jit(lambda x: jax.lax.fori_loop(0, repeats, lambda i, y: y + 1.0, x))
    large = jax.numpy.zeros(2**29)
    product, copied = timed(multiply, matrix), timed(copy, large)
    return 2 * side**3 * repeats / product, 2 * large.nbytes * repeats / copied


def _fine_tuning(name: str, size: int) -> dict[str, Any]:
    import keras
    import numpy as np

    from bench.both_ways import add_heads
    from headswap.artifacts.dataset.tasks import Task
    from headswap.artifacts.features.above import build_above
    from headswap.artifacts.features.cache import read_features
    from headswap.artifacts.storage.arrays import create_rows, write_rows
    from headswap.features.stage import write_features
    from headswap.layers.inference import Inference
    from headswap.train.descent.batches import Batches

    random = np.random.default_rng(0)
    classes = tuple(f"kind{number}" for number in range(NUM_CLASSES))
    task = Task("kind", "multiclass", classes)
    rows = np.arange(NUM_TRAINED)
    targets = {task.name: np.eye(NUM_CLASSES, dtype=np.float32)[rows % NUM_CLASSES]}
    options = params.read("train")
    rates = {}
    with TemporaryDirectory() as place:
        folder = Path(place)
        images = folder / "images"
        shape = (NUM_TRAINED, size, size, 3)
        create_rows(images, shape, "uint8")
        write_rows(images, rows, random.integers(0, 256, shape, np.uint8))
        for unfreeze in PLACES:
            backbone = dataclasses.replace(
                params.read("backbone"), name=name, weights="none", unfreeze=unfreeze
            )
            write_features(
                [images],
                [(f"image{row}", 0) for row in rows],
                "bench",
                backbone,
                dataclasses.replace(params.read("features"), engine="keras"),
                BACKEND,
                folder / unfreeze,
            )
            member = read_features(folder / unfreeze, [images]).members[0]
            inputs = keras.Input(
                member.rows.row_shape, dtype=str(member.rows.dtype), name="feature"
            )
            above = Inference(build_above(member, "above"))
            model = add_heads(inputs, above(inputs), [task])
            model.compile(
                keras.optimizers.Adam(options.learning_rate),
                {task.name: keras.losses.CategoricalCrossentropy()},
            )
            batches = Batches(
                {"feature": member.rows}, targets, rows, options.batch_size, seed=1
            )

            def train(model: Any = model, batches: Any = batches) -> None:
                model.fit(batches, shuffle=False, verbose=0)

            ours = _rate(NUM_TRAINED, train)
            alone = _rate(NUM_TRAINED, _training_alone(model, batches[0]))
            rates[unfreeze] = ours, alone
    return {"rates": rates}


def _training_alone(model: Any, first: tuple[dict, ...]) -> Callable[[], None]:
    """Return training on one batch that is on the GPU, as often as an epoch has some.

    Source: https://keras.io/guides/writing_a_custom_training_loop_in_jax/
    """
    import jax
    import keras

    inputs, targets = jax.device_put(first)
    entropy = keras.losses.CategoricalCrossentropy()

    def loss_of(trained: Any, other: Any) -> Any:
        outputs, other = model.stateless_call(trained, other, inputs, training=True)
        return entropy(*targets.values(), *outputs.values()), other

    @jax.jit
    def step(state: Any) -> Any:
        trained, other, slots = state
        (_, other), gradients = jax.value_and_grad(loss_of, has_aux=True)(
            trained, other
        )
        trained, slots = model.optimizer.stateless_apply(slots, gradients, trained)
        return trained, other, slots

    held = [
        [jax.numpy.array(variable.value) for variable in variables]
        for variables in (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
        )
    ]

    def train() -> None:
        state = held
        for _ in range(NUM_TRAINED // len(next(iter(inputs.values())))):
            state = step(state)
        jax.block_until_ready(state)

    return train


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
