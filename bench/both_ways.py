"""Fine-tuning both ways side by side, an epoch of one and then an epoch of the other.

    python -m bench.both_ways RESULT

runs in a workspace with prepared and split data, computes the features below the last
block and writes the seconds of each epoch and the loss of the last one to RESULT.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import stages  # noqa: F401  (it puts src on the path)

# isort: split
import keras
import numpy as np

from headswap import params
from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.dataset.split import read_split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.above import build_above
from headswap.artifacts.features.cache import read_features
from headswap.artifacts.storage.arrays import Rows
from headswap.features.network import build_network
from headswap.features.stage import write_features
from headswap.layers.inference import Inference
from headswap.train.descent.batches import Batches
from headswap.train.descent.heads import output_layer, strength

LAST_BLOCK = ("block7a_", "head_")
NUM_EPOCHS = 5
LEARNING_RATE = 1e-3
SEED = 1


class Way:
    """A model, what it is fed, and what came of it so far."""

    def __init__(self, model: keras.Model, batches: Batches):
        self.seconds: list[float] = []
        self.loss = 0.0
        self.model = model
        self._batches = batches
        model.compile(
            keras.optimizers.Adam(LEARNING_RATE),
            {name: keras.losses.CategoricalCrossentropy() for name in model.output},
            jit_compile=False,
        )

    def train_epoch(self, epoch: int) -> None:
        """Train one more epoch; its order of rows depends on its number alone."""
        self._batches.start_epoch(epoch)
        start = time.perf_counter()
        history = self.model.fit(self._batches, shuffle=False, verbose=0).history
        self.seconds.append(time.perf_counter() - start)
        self.loss = history["loss"][0]


def add_heads(
    pixels: keras.KerasTensor, vector: keras.KerasTensor, tasks: Sequence[Task]
) -> keras.Model:
    """Return the model from an input to one linear head a task."""
    options = params.read("train")
    return keras.Model(
        {pixels.name: pixels},
        {task.name: output_layer(task, strength(options))(vector) for task in tasks},
    )


def main(result: Path) -> None:
    """Train both ways and write what they took."""
    prepared, features = Path("data/prepared"), Path("data/features")
    index = read_index(prepared)
    images = Rows([prepared / "images"])
    backbone = params.read("backbone")
    network = build_network(backbone.networks[0], backbone, images.row_shape[0])
    trained = [x for x in network.layers if x.name.startswith(LAST_BLOCK)]
    start = time.perf_counter()
    _compute_features(index.image_ids, len(trained), features)
    seconds = time.perf_counter() - start
    member = read_features(features, [prepared / "images"]).members[0]

    feature = keras.Input(member.rows.row_shape, name="feature")
    ours = add_heads(
        feature, Inference(build_above(member, "above"))(feature), index.tasks
    )
    for layer in network.layers:
        layer.trainable = layer in trained
    pixels = keras.Input(images.row_shape, dtype="uint8", name="pixels")
    usual = add_heads(pixels, Inference(network)(pixels), index.tasks)
    for task in index.tasks:
        usual.get_layer(task.name).set_weights(ours.get_layer(task.name).get_weights())

    rows = np.flatnonzero(read_split(Path("data/split")).parts[0] == "train")
    targets = {task.name: task.encode(index.cells[task.name]) for task in index.tasks}
    size = params.read("train").batch_size
    ways = {
        "ours": Way(ours, Batches({"feature": member.rows}, targets, rows, size, SEED)),
        "usual": Way(usual, Batches({"pixels": images}, targets, rows, size, SEED)),
    }
    for epoch in range(NUM_EPOCHS):
        for way in ways.values():
            way.train_epoch(epoch)
    found = {name: {"seconds": w.seconds, "loss": w.loss} for name, w in ways.items()}
    facts = {"rows": len(rows), "unfrozen": len(trained), "features": seconds}
    result.write_text(json.dumps({**found, **facts}))


def _compute_features(image_ids: Sequence[str], unfreeze: int, output: Path) -> None:
    backbone = params.read("backbone")
    write_features(
        [Path("data/prepared/images")],
        [(image_id, 0) for image_id in image_ids],
        "bench",
        type(backbone)(**{**vars(backbone), "unfreeze": unfreeze}),
        params.read("features"),
        params.read("keras").backend,
        output,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
