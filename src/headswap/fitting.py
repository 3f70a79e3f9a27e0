"""Fitting a Keras model to cached features: losses, optimisers, stopping, folds.

Strategies decide which models there are and in which order they are fitted; how one is
fitted stands here.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np

from headswap.arrays import Rows, create_rows, write_rows
from headswap.batches import Batches
from headswap.builder import Builder
from headswap.checkpoint import Checkpoint
from headswap.curves import Progress, write_curves
from headswap.errors import InputError
from headswap.feature_cache import Member
from headswap.losses import class_weights, make_loss
from headswap.params import backbone as backbone_params
from headswap.params.train import Section
from headswap.tasks import Task

Arrays = Mapping[str, Rows | np.ndarray]

ACCURACIES = {
    "multiclass": keras.metrics.CategoricalAccuracy,
    "multilabel": keras.metrics.BinaryAccuracy,
}


@dataclass(frozen=True)
class Fold:
    """One fold of the training rows.

    Attributes:
        fit_rows: positions of the rows to fit to.
        held_rows: positions of the rows held out.
    """

    fit_rows: np.ndarray
    held_rows: np.ndarray


class Trainer:
    """What a strategy needs to build and fit models on one split.

    Args:
        members: the cached features.
        targets: (rows, num_classes) float32 by task name, for every feature row.
        train_rows: positions of the rows to fit to; a row may stand several times.
        validation_rows: positions of the rows that stop training.
        groups: of every feature row; rows of one group never fall into two folds.
        options: the `train` section.
        backbone: the `backbone` section, for what is trained above the cut.
        curves: folder for learning curves, one folder a fit below it.
        checkpoints: folder for the state of interrupted fits and what a fit computes
            once.
    """

    def __init__(
        self,
        members: Sequence[Member],
        targets: Mapping[str, np.ndarray],
        train_rows: np.ndarray,
        validation_rows: np.ndarray,
        groups: np.ndarray,
        options: Section,
        backbone: backbone_params.Section,
        curves: Path,
        checkpoints: Path,
    ):
        self.builder = Builder(members, options, backbone.train_batch_norm)
        self.options = options
        self.train_rows = train_rows
        self.validation_rows = validation_rows
        self.num_rows = len(groups)
        self._features: Arrays = {member.input_name: member.rows for member in members}
        self._targets = targets
        self._groups = groups
        self._unfrozen_rate = backbone.learning_rate
        self._curves = curves
        self._checkpoints = checkpoints

    def fit(
        self,
        model: keras.Model,
        tasks: Sequence[Task],
        name: str,
        rows: np.ndarray | None = None,
        extra: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Fit a model to training rows; the weights of its best epoch are kept.

        Pretrained layers above the cut are left alone at first: what they give is
        computed once, and the rest is fitted to it as if they were frozen. Then
        everything trains together, at the learning rate of the backbone; where that
        ends with a higher validation loss, it is undone. Heads that are still random
        would spoil pretrained layers with their gradients.

        Source: Kumar et al. 2022, "Fine-tuning can distort pretrained features and
        underperform out-of-distribution" (https://arxiv.org/abs/2202.10054); Keras's
        guide "Transfer learning & fine-tuning".

        Args:
            model: from the builder's inputs and `extra` to {task name: probabilities}.
            tasks: the model's tasks.
            name: of the fit, unique within a strategy; also its folder of curves, and
                with `-heads` that of the part fitted first.
            rows: positions of the rows to fit to; by default all training rows.
            extra: more inputs by name, (rows, D) float32 over all feature rows.
        """
        rows = self.train_rows if rows is None else rows
        arrays: Arrays = {**self._features, **(extra or {})}
        vectors = self.builder.pretrained_vectors(model)
        if not vectors:
            self._fit(model, tasks, name, rows, arrays, self.options.learning_rate)
            return
        heads = _replace_inputs(model, vectors)
        self._checkpoints.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._checkpoints) as folder:
            computed = self._compute(model, vectors, Path(folder), rows)
            heads_loss = self._fit(
                heads,
                tasks,
                f"{name}-heads",
                rows,
                {**arrays, **computed},
                self.options.learning_rate,
            )
        if len(heads.trainable_variables) == len(model.trainable_variables):
            return  # Nothing above the cut trains: frozen by a strategy, or no weights.
        start = model.get_weights()
        loss = self._fit(model, tasks, name, rows, arrays, self._unfrozen_rate)
        if loss >= heads_loss:
            model.set_weights(start)

    def _compute(
        self,
        model: keras.Model,
        vectors: Mapping[str, keras.KerasTensor],
        folder: Path,
        rows: np.ndarray,
    ) -> dict[str, Rows]:
        """Return what tensors of a model are on the rows it is fitted to.

        They lie on disk, in the place of the inputs they are computed from; all other
        rows are zero.
        """
        needed = np.union1d(rows, self.validation_rows)
        size = self.options.batch_size
        computed = {}
        for input_name, vector in vectors.items():
            above = keras.Model({input_name: model.input[input_name]}, vector)
            file = folder / f"{input_name}.npy"
            create_rows(file, (self.num_rows, *vector.shape[1:]), "float32")
            for part in np.split(needed, range(size, len(needed), size)):
                batch, _ = self._batches(above, part, (), self._features)[0]
                write_rows(file, part, np.asarray(above.predict_on_batch(batch)))
            computed[input_name] = Rows([file])
        return computed

    def _fit(
        self,
        model: keras.Model,
        tasks: Sequence[Task],
        name: str,
        rows: np.ndarray,
        arrays: Arrays,
        learning_rate: float,
    ) -> float:
        """Fit a model as it is; return the validation loss of its best epoch."""
        self._compile(model, tasks, rows, learning_rate)
        stopping = keras.callbacks.EarlyStopping(
            monitor="val_loss",
            mode="min",
            patience=self.options.patience,
            restore_best_weights=True,
        )
        checkpoint = Checkpoint(self._checkpoints / name, stopping)
        done = len(checkpoint.history)
        if checkpoint.is_finished:
            checkpoint.restore_weights(model)
        elif checkpoint.was_stopping or done == self.options.epochs:
            checkpoint.restore_best_weights(model)
        else:
            seed = derive_seed(self.options.seed, self._curves.name, name)
            batches = self._batches(model, rows, tasks, arrays, seed)
            batches.start_epoch(done)
            model.fit(
                batches,
                validation_data=self._batches(
                    model, self.validation_rows, tasks, arrays
                ),
                initial_epoch=done,
                epochs=self.options.epochs,
                shuffle=False,
                verbose=0,
                callbacks=[
                    stopping,
                    checkpoint,
                    Progress(name, self.options.epochs, done),
                ],
            )
        _require_finite(checkpoint.history, name)
        write_curves(self._curves / name, checkpoint.history)
        return min(figures["val_loss"] for figures in checkpoint.history)

    def _compile(
        self,
        model: keras.Model,
        tasks: Sequence[Task],
        rows: np.ndarray,
        learning_rate: float,
    ) -> None:
        scheme = self.options.class_weight
        model.compile(
            optimizer=keras.optimizers.get(
                {
                    "class_name": self.options.optimizer,
                    "config": {"learning_rate": learning_rate},
                }
            ),
            loss={
                task.name: make_loss(
                    task,
                    self.options.loss,
                    class_weights(self._targets[task.name][rows], task, scheme),
                )
                for task in tasks
            },
            metrics={
                task.name: [ACCURACIES[task.kind](name="accuracy")] for task in tasks
            },
            # XLA on a CPU is many times slower for depthwise networks; JAX needs it.
            jit_compile=keras.backend.backend() == "jax",
        )

    def predict(
        self,
        model: keras.Model,
        rows: np.ndarray,
        extra: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:
        """Return {task name: probabilities}, (len(rows), num_classes) float32 each."""
        arrays: Arrays = {**self._features, **(extra or {})}
        return model.predict(self._batches(model, rows, (), arrays), verbose=0)

    def folds(self) -> list[Fold]:
        """Return the folds of the training rows.

        An image, its augmented versions and its duplicates share a fold.
        """
        groups = np.unique(self._groups[self.train_rows])
        if len(groups) < 2:
            raise InputError(
                "train.folds: there must be two different training pictures, got "
                f"{len(groups)}. Add pictures, or use another strategy."
            )
        random = np.random.default_rng(self.options.seed)
        num_folds = min(self.options.folds, len(groups))
        folds = []
        for held_groups in np.array_split(random.permutation(groups), num_folds):
            held = np.isin(self._groups[self.train_rows], held_groups)
            folds.append(Fold(self.train_rows[~held], self.train_rows[held]))
        return folds

    def _batches(
        self,
        model: keras.Model,
        rows: np.ndarray,
        tasks: Iterable[Task],
        arrays: Arrays,
        seed: int | None = None,
    ) -> Batches:
        """Return batches of what a model takes in."""
        return Batches(
            {name: arrays[name] for name in model.input},
            {task.name: self._targets[task.name] for task in tasks},
            rows,
            self.options.batch_size,
            seed,
        )


def _replace_inputs(
    model: keras.Model, tensors: Mapping[str, keras.KerasTensor]
) -> keras.Model:
    """Return the part of a model above some of its tensors; it shares the weights.

    Keras numbers the model's inputs anew for it: to call the model itself in a larger
    one, make it again from its input and output.

    Args:
        model: with inputs by name.
        tensors: by the name of the input whose place each takes.
    """
    starts = {name: tensors.get(name, model.input[name]) for name in model.input}
    part = keras.Model(list(starts.values()), model.output)
    # Keras wants inputs that have the names they are given by.
    inputs = {
        name: keras.Input(start.shape[1:], dtype=start.dtype, name=name)
        for name, start in starts.items()
    }
    return keras.Model(inputs, part(list(inputs.values())))


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
