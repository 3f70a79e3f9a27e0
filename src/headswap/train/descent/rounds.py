"""Every round's model, one after the other: Keras uses all cores for each."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from headswap import registry
from headswap.artifacts.dataset.targets import AnyTargets
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Features
from headswap.errors import InputError
from headswap.machine.backend import find_gpu, forget_models, set_up_backend
from headswap.machine.malloc import keep_freed_memory
from headswap.params import backbone as backbone_params
from headswap.params.train import Section
from headswap.train.descent.fitting import derive_seed
from headswap.train.descent.heads import L2
from headswap.train.descent.trainer import Trainer
from headswap.train.outcome import Outcome
from headswap.train.rows import RoundRows


def train_rounds(
    features: Features,
    tasks: Sequence[Task],
    targets: Mapping[str, AnyTargets],
    rounds: Sequence[RoundRows],
    options: Section,
    backbone: backbone_params.Section,
    curves: Path,
    checkpoints: Path,
) -> Iterator[Outcome]:
    """Yield every round's model.

    Args:
        features: of every prepared and augmented image.
        tasks: in training order.
        targets: (rows, C) float32 of 0 and 1 by task name, for every feature row.
        rounds: the rows of each.
        options: the `train` section.
        backbone: the `backbone` section.
        curves: folder for learning curves, one folder a round and fit.
        checkpoints: folder for the state of interrupted fits, this run's own.
    """
    # Heads are small, and then do not depend on the number of cores.
    set_up_backend(tf32=options.tf32, one_thread=features.are_vectors)
    keep_freed_memory()
    strategy = registry.load("train/strategies", options.strategy)
    for number, rows in enumerate(rounds):
        # Those of the round before.
        forget_models()
        keras.config.set_dtype_policy(options.precision)
        keras.utils.set_random_seed(derive_seed(options.seed, number))
        trainer = Trainer(
            features.members,
            targets,
            rows,
            options,
            backbone,
            curves / f"round{number}",
            checkpoints / f"round{number}",
        )
        if number == 0:
            _say(options, trainer.builder.solves_heads)
        model = strategy.fit(trainer, tasks)
        predicted = trainer.predict(model, np.flatnonzero(rows.is_prepared))
        unseen = {
            name: values[rows.is_prepared] for name, values in trainer.unseen.items()
        }
        yield Outcome(model, predicted, unseen, trainer.strengths)


def _say(options: Section, solves_heads: bool) -> None:
    """Say what `auto` is, and refuse what cannot be done.

    Raises:
        InputError: heads are to be solved and cannot be.
    """
    if options.optimizer == "lbfgs" and not solves_heads:
        raise InputError(
            "params.yaml: train.optimizer must be auto or one that trains by gradient "
            "descent where the network has random weights or members are merged by "
            "trained scores, got lbfgs. Set train.optimizer=auto."
        )
    if options.fixed_l2 is None and not solves_heads:
        print(f"train.l2: auto is {L2} where heads are trained and not solved")
    if keras.backend.backend() == "jax" and find_gpu():
        print(
            "note: keras.backend: jax takes sums on a GPU in any order, so trained "
            "weights differ from run to run in their last bits"
        )
