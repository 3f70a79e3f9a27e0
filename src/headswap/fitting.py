"""Fitting one Keras model to cached features: batches, losses, stopping, curves.

Strategies decide which models there are; everything they share stands here.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
from dvclive import Live
from tqdm.keras import TqdmCallback

from headswap.feature_cache import Member
from headswap.heads import hidden_layers, output_layer
from headswap.params.train import Section
from headswap.tasks import Task

Tensors = dict[str, keras.KerasTensor]

LOSSES = {"multiclass": "categorical_crossentropy", "multilabel": "binary_crossentropy"}
ACCURACIES = {"multiclass": "categorical_accuracy", "multilabel": "binary_accuracy"}


class Batches(keras.utils.PyDataset):
    """Batches of cached features and targets, read from the memory map when needed.

    Args:
        inputs: arrays or `Rows` by input name; all have the same rows.
        targets: (rows, num_classes) float32 by task name.
        rows: positions of the rows to go through, int.
        batch_size: rows a batch.
        seed: shuffles anew each epoch; None keeps the order.
    """

    def __init__(
        self,
        inputs: Mapping[str, object],
        targets: Mapping[str, np.ndarray],
        rows: np.ndarray,
        batch_size: int,
        seed: int | None = None,
    ):
        super().__init__()
        self._inputs = inputs
        self._targets = targets
        self._rows = rows
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0
        self._shuffle()

    def __len__(self) -> int:
        return -(-len(self._rows) // self._batch_size)

    def __getitem__(self, number: int) -> tuple[dict, dict]:
        """Return (inputs, targets) of one batch."""
        start = number * self._batch_size
        rows = self._order[start : start + self._batch_size]
        return (
            {name: values[rows] for name, values in self._inputs.items()},
            {name: values[rows] for name, values in self._targets.items()},
        )

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self._epoch += 1
        self._shuffle()

    def _shuffle(self) -> None:
        if self._seed is None:
            self._order = self._rows
        else:
            random = np.random.default_rng([self._seed, self._epoch])
            self._order = random.permutation(self._rows)


class CurveCallback(keras.callbacks.Callback):
    """Writes the figures of each epoch with DVCLive.

    DVCLive's own Keras callback needs TensorFlow and renames every "val_".
    """

    def __init__(self, folder: Path):
        super().__init__()
        self._folder = folder

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Open the folder."""
        # DVCLive would otherwise write a dvc.yaml and record an experiment.
        self._live = Live(
            str(self._folder), dvcyaml=None, save_dvc_exp=False, report=None
        )

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Write one epoch."""
        for name, value in (logs or {}).items():
            part = "validation" if name.startswith("val_") else "train"
            self._live.log_metric(f"{part}/{name.removeprefix('val_')}", float(value))
        self._live.next_step()

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Close the folder."""
        self._live.end()


class Trainer:
    """What a strategy needs to build and fit models on one split.

    Args:
        members: the cached features.
        targets: (rows, num_classes) float32 by task name, for every feature row.
        train_rows: positions of the rows to fit to.
        validation_rows: positions of the rows that stop training.
        groups: of every feature row; rows of one group never fall into two folds.
        options: the `train` section.
        curves: folder for learning curves, one folder a fit below it.
    """

    def __init__(
        self,
        members: Sequence[Member],
        targets: Mapping[str, np.ndarray],
        train_rows: np.ndarray,
        validation_rows: np.ndarray,
        groups: np.ndarray,
        options: Section,
        curves: Path,
    ):
        self.options = options
        self.train_rows = train_rows
        self.validation_rows = validation_rows
        self.num_rows = len(groups)
        self._members = members
        self._targets = targets
        self._groups = groups
        self._curves = curves

    def inputs(self) -> Tensors:
        """Return fresh symbolic inputs, one a member, by the member's name."""
        return {
            member.name: keras.Input(
                member.rows.row_shape, dtype=str(member.rows.dtype), name=member.name
            )
            for member in self._members
        }

    def trunk(
        self, inputs: Tensors, name: str, extra: Iterable[keras.KerasTensor] = ()
    ) -> keras.KerasTensor:
        """Return the last tensor before an output layer, (B, units) float32.

        Args:
            inputs: of `inputs()`.
            name: prefix of the layer names, unique within a model.
            extra: more features, (B, D) float32 each, beside the backbone's vector.
        """
        vectors = [*(inputs[member.name] for member in self._members), *extra]
        if len(vectors) > 1:
            vectors = [keras.layers.Concatenate(name=f"{name}_features")(vectors)]
        return hidden_layers(vectors[0], self.options, name)

    def output(self, task: Task, trunk: keras.KerasTensor) -> keras.KerasTensor:
        """Return a task's probabilities, (B, num_classes) float32."""
        return output_layer(task, self.options)(trunk)

    def fit(
        self,
        model: keras.Model,
        tasks: Sequence[Task],
        name: str,
        rows: np.ndarray | None = None,
        extra: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Fit a model to training rows; the weights of its best epoch are kept.

        Args:
            model: from `inputs()` (and `extra`) to {task name: probabilities}.
            tasks: the model's tasks.
            name: of the fit, unique within a strategy; also its folder of curves.
            rows: positions of the rows to fit to; by default all training rows.
            extra: more inputs by name, (rows, D) float32 over all feature rows.
        """
        model.compile(
            optimizer=self._optimizer(),
            loss={task.name: LOSSES[task.kind] for task in tasks},
            metrics={
                task.name: [keras.metrics.get(ACCURACIES[task.kind])] for task in tasks
            },
            # XLA on a CPU is many times slower for depthwise networks; JAX needs it.
            jit_compile=keras.backend.backend() == "jax",
        )
        seed = derive_seed(self.options.seed, str(self._curves.name), name)
        model.fit(
            self._batches(
                self.train_rows if rows is None else rows, tasks, extra, seed
            ),
            validation_data=self._batches(self.validation_rows, tasks, extra),
            epochs=self.options.epochs,
            shuffle=False,
            verbose=0,
            callbacks=[
                keras.callbacks.EarlyStopping(
                    monitor="val_loss",
                    mode="min",
                    patience=self.options.patience,
                    restore_best_weights=True,
                ),
                CurveCallback(self._curves / name),
                TqdmCallback(verbose=0, desc=f"train {name}"),
            ],
        )

    def predict(
        self,
        model: keras.Model,
        rows: np.ndarray,
        extra: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:
        """Return {task name: probabilities}, (len(rows), num_classes) float32 each."""
        return model.predict(self._batches(rows, (), extra), verbose=0)

    def folds(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return (rows to fit to, rows held out) of each fold of the training rows.

        An image, its augmented versions and its duplicates share a fold.
        """
        groups = np.unique(self._groups[self.train_rows])
        random = np.random.default_rng(self.options.seed)
        num_folds = min(self.options.folds, len(groups))
        folds = np.array_split(random.permutation(groups), num_folds)
        result = []
        for held_groups in folds:
            held = np.isin(self._groups[self.train_rows], held_groups)
            result.append((self.train_rows[~held], self.train_rows[held]))
        return result

    def _batches(
        self,
        rows: np.ndarray,
        tasks: Iterable[Task],
        extra: Mapping[str, np.ndarray] | None,
        seed: int | None = None,
    ) -> Batches:
        features = {member.name: member.rows for member in self._members}
        return Batches(
            {**features, **(extra or {})},
            {task.name: self._targets[task.name] for task in tasks},
            rows,
            self.options.batch_size,
            seed,
        )

    def _optimizer(self) -> keras.optimizers.Optimizer:
        return keras.optimizers.get(
            {
                "class_name": self.options.optimizer,
                "config": {"learning_rate": self.options.learning_rate},
            }
        )


def derive_seed(*parts: object) -> int:
    """Return a seed that depends on all the parts, 0..2**32 - 1."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:4])
