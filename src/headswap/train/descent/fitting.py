"""Fitting a Keras model to cached features, once: loss, optimiser, stopping.

Strategies decide which models there are and in which order they are fitted; how one is
fitted stands here.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from headswap.artifacts.dataset.targets import AnyTargets
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.arrays import Rows
from headswap.errors import InputError
from headswap.params.train import SOLVING, Section
from headswap.train.descent.batches import Batches
from headswap.train.descent.checkpoint import Checkpoint
from headswap.train.descent.curves import Progress, write_curves
from headswap.train.descent.losses import make_losses, weigh_tasks
from headswap.train.weights import label_weights

Arrays = Mapping[str, Rows | np.ndarray]


class Schedule(NamedTuple):
    """How long and how fast a fit goes.

    Attributes:
        learning_rate: of the optimiser, the highest.
        epochs: at most.
        patience: epochs without a lower validation loss that end the fit.
        min_epochs: before which no epoch counts as the best.
        is_annealed: whether the learning rate warms up over the first epoch and then
            falls to nothing along half a cosine.
    """

    learning_rate: float
    epochs: int
    patience: int
    min_epochs: int = 0
    is_annealed: bool = False

    def rate(self, steps: int) -> Any:
        """Return what an optimiser takes for its learning rate.

        Args:
            steps: an epoch.
        """
        if not self.is_annealed:
            return self.learning_rate
        return keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0,
            decay_steps=max(1, (self.epochs - 1) * steps),
            warmup_target=self.learning_rate,
            warmup_steps=steps,
        )


ACCURACIES = {
    "multiclass": keras.metrics.CategoricalAccuracy,
    "multilabel": keras.metrics.BinaryAccuracy,
}


class Fitter:
    """Fits models, all in the same way.

    Args:
        targets: (rows, num_classes) float32 by task name, for every feature row.
        validation_rows: positions of the rows that stop training.
        options: the `train` section.
        curves: folder for learning curves, one folder a fit below it.
        checkpoints: folder for the state of interrupted fits.
    """

    def __init__(
        self,
        targets: Mapping[str, AnyTargets],
        validation_rows: np.ndarray,
        options: Section,
        curves: Path,
        checkpoints: Path,
    ):
        self.validation_rows = validation_rows
        self.options = options
        self.checkpoints = checkpoints
        self.targets = targets
        self.curves = curves

    def fit(
        self,
        model: keras.Model,
        tasks: Sequence[Task],
        name: str,
        rows: np.ndarray,
        arrays: Arrays,
        schedule: Schedule,
    ) -> float:
        """Fit a model as it is; return the validation loss of its best epoch.

        Args:
            model: from inputs by name to {task name: probabilities}.
            tasks: the model's tasks.
            name: of the fit, unique; also its folder of curves.
            rows: positions of the rows to fit to; a row may stand several times.
            arrays: inputs by name, over all feature rows.
            schedule: of the fit.
        """
        steps = -(-len(rows) // self.options.batch_size)
        self._compile(model, tasks, rows, schedule.rate(steps))
        if self.is_first_round:
            trained = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
            print(f"{name}: {trained:,} of {model.count_params():,} parameters trained")
        stopping = keras.callbacks.EarlyStopping(
            monitor="val_loss",
            mode="min",
            patience=schedule.patience,
            restore_best_weights=True,
            start_from_epoch=schedule.min_epochs,
        )
        checkpoint = Checkpoint(self.checkpoints / name, stopping)
        done = len(checkpoint.history)
        if checkpoint.is_finished:
            checkpoint.restore_weights(model)
        elif checkpoint.was_stopping or done == schedule.epochs:
            checkpoint.restore_best_weights(model)
        else:
            seed = derive_seed(self.options.seed, self.curves.name, name)
            batches = self.batches(model, rows, tasks, arrays, seed)
            batches.start_epoch(done)
            model.fit(
                batches,
                validation_data=self.batches(
                    model, self.validation_rows, tasks, arrays
                ),
                initial_epoch=done,
                epochs=schedule.epochs,
                shuffle=False,
                verbose=0,
                callbacks=[
                    stopping,
                    checkpoint,
                    Progress(name, schedule.epochs, done),
                ],
            )
        _require_finite(checkpoint.history, name)
        write_curves(self.curves / name, checkpoint.history)
        compared = checkpoint.history[schedule.min_epochs :]
        return min(figures["val_loss"] for figures in compared)

    @property
    def is_first_round(self) -> bool:
        """Whether the fits are those of the model that is kept, and worth a word."""
        return self.curves.name == "round0"

    @property
    def _optimizer(self) -> str:
        """What trains what cannot be solved."""
        asked = self.options.optimizer
        return "adam" if asked in SOLVING else asked

    def validation_loss(
        self,
        model: keras.Model,
        tasks: Sequence[Task],
        rows: np.ndarray,
        arrays: Arrays,
    ) -> float:
        """Return a model's loss on the validation rows, as `fit` would have it."""
        self._compile(model, tasks, rows, self.options.learning_rate)
        batches = self.batches(model, self.validation_rows, tasks, arrays)
        return float(model.evaluate(batches, verbose=0, return_dict=True)["loss"])

    def _compile(
        self,
        model: keras.Model,
        tasks: Sequence[Task],
        rows: np.ndarray,
        learning_rate: Any,
    ) -> None:
        model.compile(
            optimizer=keras.optimizers.get(
                {
                    "class_name": self._optimizer,
                    "config": {"learning_rate": learning_rate},
                }
            ),
            loss=make_losses(tasks, self.targets, rows, self.options),
            loss_weights=weigh_tasks(tasks, self.options),
            # Rows without a label do not count.
            weighted_metrics={
                task.name: [ACCURACIES[task.kind](name="accuracy")] for task in tasks
            },
            # XLA on a CPU is many times slower for depthwise networks; JAX needs it.
            jit_compile=keras.backend.backend() == "jax",
        )
        # A step that finds its optimiser without variables is traced twice.
        model.optimizer.build(model.trainable_variables)

    def batches(
        self,
        model: keras.Model,
        rows: np.ndarray,
        tasks: Sequence[Task],
        arrays: Arrays,
        seed: int | None = None,
    ) -> Batches:
        """Return batches of what a model takes in."""
        return Batches(
            {name: arrays[name] for name in model.input},
            {task.name: self.targets[task.name] for task in tasks},
            rows,
            self.options.batch_size,
            seed,
            label_weights(self.targets, tasks, rows),
        )


def _require_finite(history: Sequence[Mapping[str, float]], name: str) -> None:
    """Check that a fit did not diverge.

    Raises:
        InputError: a validation loss is infinite or no number.
    """
    for epoch, figures in enumerate(history):
        if not np.isfinite(figures["val_loss"]):
            raise InputError(
                f"train: the validation loss of the fit {name} must be finite, got "
                f"{figures['val_loss']} in epoch {epoch}. Lower train.learning_rate or "
                "backbone.learning_rate."
            )


def derive_seed(*parts: object) -> int:
    """Return a seed that depends on all the parts, 0..2**32 - 1."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:4])
