"""R1's way in plain Keras: every image goes through the frozen backbone in each epoch.

    python -m bench.plain_epoch PREPARED SPLIT AUGMENTED

reads the pictures into memory, trains R1's landmark model for one step to warm up and
then for one whole epoch, and prints the seconds and the CPU seconds of that epoch. As
in R1's notebook, the validation images are scored at its end.
"""

import sys
import time
from pathlib import Path

import stages  # noqa: F401  (it puts src on the path)

# isort: split
import keras
import numpy as np

from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.dataset.split import read_split
from headswap.artifacts.dataset.tasks import ordered
from headswap.artifacts.storage.arrays import Rows
from headswap.artifacts.storage.tables import read_table

HIDDEN = (1280, 540, 270, 135, 62)
BATCH_SIZE = 128


def build_model(size: int, num_classes: int) -> keras.Model:
    """Return R1's model, compiled, with random weights."""
    backbone = keras.applications.EfficientNetB0(
        include_top=False, weights=None, input_shape=(size, size, 3)
    )
    backbone.trainable = False
    model = keras.Sequential([backbone, keras.layers.GlobalAveragePooling2D()])
    for units in HIDDEN:
        model.add(keras.layers.Dense(units, activation="relu"))
        model.add(keras.layers.Dropout(0.1))
    model.add(keras.layers.Dense(30, activation="relu"))
    model.add(keras.layers.Dense(num_classes, activation="softmax"))
    model.compile(
        "adam", "categorical_crossentropy", metrics=["accuracy"], jit_compile=False
    )
    return model


def _read(folder: Path) -> np.ndarray:
    rows = Rows([folder / "images"])
    return rows[np.arange(len(rows))]


def main(prepared: Path, split_folder: Path, augmented: Path) -> None:
    """Train one epoch and print what it took."""
    index = read_index(prepared)
    task = ordered(index.tasks, "finest_first")[0]
    targets = task.encode(index.cells[task.name])
    parts = read_split(split_folder).parts[0]
    position = {image_id: row for row, image_id in enumerate(index.image_ids)}
    versions = read_table(augmented / "augmented.csv")["image_id"]
    version_rows = [position[image_id] for image_id in versions]
    pictures = _read(prepared)
    images = np.concatenate([pictures[parts == "train"], _read(augmented)])
    labels = np.concatenate([targets[parts == "train"], targets[version_rows]])
    validation = pictures[parts == "validation"], targets[parts == "validation"]
    model = build_model(images.shape[1], task.num_classes)
    first = slice(0, BATCH_SIZE)
    model.fit(images[first], labels[first], BATCH_SIZE, verbose=0)
    model.evaluate(*validation, BATCH_SIZE, verbose=0)
    start, cpu_start = time.perf_counter(), time.process_time()
    model.fit(images, labels, BATCH_SIZE, verbose=0, validation_data=validation)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    print(f"{len(images)} rows", file=sys.stderr)
    print(seconds, cpu_seconds)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
