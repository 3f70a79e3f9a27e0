"""train: cached features -> a fitted model, its predictions and its learning curves.

Out: the bundle of the first repeat's model, `<task>.npy` (repeats, N, num_classes)
float32 with the probabilities of every prepared image, and one folder of learning
curves a fit. Augmented rows are used only where their image trains.
"""

from pathlib import Path

import keras
import numpy as np

from headswap import registry
from headswap.backend import set_up_backend
from headswap.bundle import save_bundle
from headswap.checkpoint import forget
from headswap.feature_cache import Features
from headswap.fitting import Trainer, derive_seed
from headswap.index import Index, Split
from headswap.labels import Labels
from headswap.params import backbone as backbone_params
from headswap.params.train import Section
from headswap.predictions import Predictions, write_predictions
from headswap.tables import PathLike
from headswap.tasks import ordered
from headswap.thresholds import choose_thresholds


def train(
    features: Features,
    index: Index,
    split: Split,
    options: Section,
    backbone: backbone_params.Section,
    *,
    model_folder: PathLike,
    predictions_folder: PathLike,
    curves_folder: PathLike,
    checkpoint_folder: PathLike,
) -> None:
    """Fit the strategy once a repeat and write everything `evaluate` needs.

    Args:
        features: of every prepared and augmented image.
        index: of the prepared images.
        split: of the prepared images.
        options: the `train` section.
        backbone: the `backbone` section, for what is trained above the cut.
        model_folder: for the bundle.
        predictions_folder: for the probabilities.
        curves_folder: for the learning curves.
        checkpoint_folder: for the state of an interrupted run and what it computes
            once; emptied at the end.
    """
    # Heads are small, and then do not depend on the number of cores.
    set_up_backend(tf32=options.tf32, one_thread=features.are_vectors)
    strategy = registry.load("strategies", options.strategy)
    tasks = ordered(index.tasks, options.order)
    position = {image_id: row for row, image_id in enumerate(index.image_ids)}
    image_rows = np.array([position[image_id] for image_id in features.image_ids])
    targets = {
        task.name: task.encode(index.cells[task.name])[image_rows] for task in tasks
    }
    prepared_rows = np.flatnonzero(features.copies == 0)
    probabilities: dict[str, list[np.ndarray]] = {task.name: [] for task in tasks}
    thresholds: dict[str, list[np.ndarray]] = {task.name: [] for task in tasks}
    for repeat in range(split.num_repeats):
        keras.utils.clear_session()
        keras.config.set_dtype_policy(options.precision)
        keras.utils.set_random_seed(derive_seed(options.seed, repeat))
        is_validation = (split.parts[repeat] == "validation")[image_rows]
        times = split.times[repeat][image_rows]
        trainer = Trainer(
            features.members,
            targets,
            np.repeat(np.arange(len(times)), times),
            np.flatnonzero(is_validation & (features.copies == 0)),
            np.array(index.groups)[image_rows],
            options,
            backbone,
            Path(curves_folder) / f"repeat{repeat}",
            Path(checkpoint_folder) / f"repeat{repeat}",
        )
        model = strategy.fit(trainer, tasks)
        predicted = trainer.predict(model, prepared_rows)
        validation = split.parts[repeat] == "validation"
        for task in tasks:
            probabilities[task.name].append(predicted[task.name])
            thresholds[task.name].append(
                choose_thresholds(
                    task.encode(index.cells[task.name])[validation],
                    predicted[task.name][validation],
                )
            )
        if repeat == 0:
            description = {
                "strategy": options.strategy,
                "thresholds": {
                    task.name: thresholds[task.name][0].tolist()
                    for task in tasks
                    if task.kind == "multilabel"
                },
            }
            labels = Labels(index.tasks, index.relations)
            save_bundle(model_folder, model, labels, description)
    write_predictions(
        predictions_folder,
        {
            task.name: Predictions(
                np.stack(probabilities[task.name]),
                np.stack(thresholds[task.name]) if task.kind == "multilabel" else None,
            )
            for task in tasks
        },
    )
    forget(Path(checkpoint_folder))
