"""train: cached features -> a fitted model, its predictions and its learning curves.

Out: the folder of the first round's model, `<task>.npy` (rounds, N, num_classes)
float32 with the probabilities of every prepared image, and one folder of learning
curves a fit. Augmented rows are used only where their image trains.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from headswap import registry
from headswap.artifacts.dataset.index import Index, read_index
from headswap.artifacts.dataset.labels import Labels
from headswap.artifacts.dataset.split import Split, read_split
from headswap.artifacts.dataset.tasks import ordered
from headswap.artifacts.features.cache import Features, read_features
from headswap.artifacts.model.model import save_model
from headswap.artifacts.model.predictions import Predictions, write_predictions
from headswap.machine.backend import set_up_backend
from headswap.machine.fingerprint import hash_code, hash_file, hash_text
from headswap.params import backbone as backbone_params
from headswap.params.train import Section
from headswap.train.checkpoint import forget
from headswap.train.fitting import derive_seed
from headswap.train.thresholds import choose_thresholds
from headswap.train.trainer import RoundRows, Trainer


@dataclass(frozen=True)
class Inputs:
    """What training reads.

    Attributes:
        inputs: the stage's file of `check`: what training depends on besides.
        prepared: the prepared folder.
        split: the split folder.
        augmented: the augmented folder.
        features: the features folder.
    """

    inputs: Path
    prepared: Path
    split: Path
    augmented: Path
    features: Path


@dataclass(frozen=True)
class Outputs:
    """What training writes.

    Attributes:
        model: folder for the model.
        predictions: folder for the probabilities.
        curves: folder for the learning curves.
        checkpoints: folder for the state of interrupted runs and what a run computes
            once; a run's own folder in it is removed when the run has succeeded.
    """

    model: Path
    predictions: Path
    curves: Path
    checkpoints: Path


def train_model(
    inputs: Inputs,
    outputs: Outputs,
    options: Section,
    backbone: backbone_params.Section,
) -> None:
    """Fit the strategy once a round and write everything `evaluate` needs.

    Args:
        inputs: what is read.
        outputs: what is written.
        options: the `train` section.
        backbone: the `backbone` section, for what is trained above the cut.
    """
    images = [folder / "images.npy" for folder in (inputs.prepared, inputs.augmented)]
    features = read_features(inputs.features, images)
    checkpoints = outputs.checkpoints / _name_of_run(inputs, options, backbone)
    fit_rounds(
        features,
        read_index(inputs.prepared),
        read_split(inputs.split),
        options,
        backbone,
        Outputs(outputs.model, outputs.predictions, outputs.curves, checkpoints),
    )
    forget(checkpoints)


def _name_of_run(
    inputs: Inputs, options: Section, backbone: backbone_params.Section
) -> str:
    """Return a name that changes with anything that the run's numbers depend on."""
    strategy = f"headswap.train.strategies.{options.strategy}"
    files = [
        inputs.inputs,
        inputs.prepared / "index.csv",
        inputs.prepared / "labels.json",
        inputs.split / "split.csv",
        *sorted(
            file
            for file in inputs.features.rglob("*")
            if file.suffix in (".csv", ".json")
        ),
    ]
    code = hash_code(["headswap.train.stage", strategy])
    return hash_text([code, options, backbone, *map(hash_file, files)])[:32]


def fit_rounds(
    features: Features,
    index: Index,
    split: Split,
    options: Section,
    backbone: backbone_params.Section,
    outputs: Outputs,
) -> None:
    """Fit the strategy once a round and write the results.

    Args:
        features: of every prepared and augmented image.
        index: of the prepared images.
        split: of the prepared images.
        options: the `train` section.
        backbone: the `backbone` section.
        outputs: what is written; the checkpoints are this run's own.
    """
    # Heads are small, and then do not depend on the number of cores.
    set_up_backend(tf32=options.tf32, one_thread=features.are_vectors)
    strategy = registry.load("train/strategies", options.strategy)
    tasks = ordered(index.tasks, options.order)
    position = {image_id: row for row, image_id in enumerate(index.image_ids)}
    image_rows = np.array([position[image_id] for image_id in features.image_ids])
    targets = {
        task.name: task.encode(index.cells[task.name])[image_rows] for task in tasks
    }
    prepared_rows = np.flatnonzero(features.copies == 0)
    probabilities: dict[str, list[np.ndarray]] = {task.name: [] for task in tasks}
    thresholds: dict[str, list[np.ndarray]] = {task.name: [] for task in tasks}
    for number in range(split.num_rounds):
        keras.utils.clear_session()
        keras.config.set_dtype_policy(options.precision)
        keras.utils.set_random_seed(derive_seed(options.seed, number))
        is_validation = split.parts[number] == "validation"
        times = split.times[number][image_rows]
        trainer = Trainer(
            features.members,
            targets,
            RoundRows(
                train=np.repeat(np.arange(len(times)), times),
                validation=np.flatnonzero(
                    is_validation[image_rows] & (features.copies == 0)
                ),
                folds=split.folds[number][image_rows],
            ),
            options,
            backbone,
            outputs.curves / f"round{number}",
            outputs.checkpoints / f"round{number}",
        )
        model = strategy.fit(trainer, tasks)
        predicted = trainer.predict(model, prepared_rows)
        for task in tasks:
            probabilities[task.name].append(predicted[task.name])
            thresholds[task.name].append(
                choose_thresholds(
                    task.encode(index.cells[task.name])[is_validation],
                    predicted[task.name][is_validation],
                )
            )
        if number == 0:
            facts = {
                "strategy": options.strategy,
                "thresholds": {
                    task.name: thresholds[task.name][0].tolist()
                    for task in tasks
                    if task.kind == "multilabel"
                },
            }
            labels = Labels(index.tasks, index.relations)
            save_model(outputs.model, model, labels, facts)
    write_predictions(
        outputs.predictions,
        {
            task.name: Predictions(
                np.stack(probabilities[task.name]),
                np.stack(thresholds[task.name]) if task.kind == "multilabel" else None,
            )
            for task in tasks
        },
    )
