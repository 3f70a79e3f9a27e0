"""train: cached features -> a fitted model, its predictions and its learning curves.

Out: the bundle of the first repeat's model, `<task>.npy` (repeats, N, num_classes)
float32 with the probabilities of every prepared image, and one folder of learning
curves a fit. Augmented rows are used only where their image trains.
"""

from pathlib import Path

import keras
import numpy as np

from headswap import registry
from headswap.bundle import save_bundle
from headswap.feature_cache import Features
from headswap.fitting import Trainer, derive_seed
from headswap.index import Index
from headswap.params.train import Section
from headswap.tables import PathLike
from headswap.tasks import ordered


def make_reproducible(features: Features) -> None:
    """Make the same inputs give the same bytes, on any number of cores."""
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow  # The other backends need not have it.

    tensorflow.config.experimental.enable_op_determinism()
    if all(member.build_above is None for member in features.members):
        # Heads are small, and sums over one thread do not depend on the cores.
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)


def train(
    features: Features,
    index: Index,
    parts: np.ndarray,
    options: Section,
    *,
    model_folder: PathLike,
    predictions_folder: PathLike,
    curves_folder: PathLike,
) -> None:
    """Fit the strategy once a repeat and write everything `evaluate` needs.

    Args:
        features: of every prepared and augmented image.
        index: of the prepared images.
        parts: (repeats, N) str, the part of each prepared image.
        options: the `train` section.
        model_folder: for the bundle.
        predictions_folder: for the probabilities.
        curves_folder: for the learning curves.
    """
    make_reproducible(features)
    strategy = registry.load("strategies", options.strategy)
    tasks = ordered(index.tasks, options.order)
    position = {image_id: row for row, image_id in enumerate(index.image_ids)}
    image_rows = np.array([position[image_id] for image_id in features.image_ids])
    targets = {
        task.name: task.encode(index.cells[task.name])[image_rows] for task in tasks
    }
    groups = np.array(index.groups)[image_rows]
    prepared_rows = np.flatnonzero(features.copies == 0)
    shape = (len(parts), len(prepared_rows))
    predictions = {
        task.name: np.empty((*shape, task.num_classes), np.float32) for task in tasks
    }
    for repeat, part in enumerate(parts):
        row_part = part[image_rows]
        keras.utils.set_random_seed(derive_seed(options.seed, repeat))
        trainer = Trainer(
            features.members,
            targets,
            np.flatnonzero(row_part == "train"),
            np.flatnonzero((row_part == "validation") & (features.copies == 0)),
            groups,
            options,
            Path(curves_folder) / f"repeat{repeat}",
        )
        model = strategy.fit(trainer, tasks)
        for name, probabilities in trainer.predict(model, prepared_rows).items():
            predictions[name][repeat] = probabilities
        if repeat == 0:
            save_bundle(
                model_folder, model, index.tasks, {"strategy": options.strategy}
            )
    Path(predictions_folder).mkdir(parents=True, exist_ok=True)
    for name, probabilities in predictions.items():
        np.save(Path(predictions_folder) / f"{name}.npy", probabilities)
