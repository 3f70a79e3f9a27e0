"""Fitting one Keras model to cached features: layers, losses, optimisers, stopping.

Strategies decide which models there are; everything they share stands here.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from headswap.batches import Batches
from headswap.checkpoint import Checkpoint
from headswap.curves import Progress, write_curves
from headswap.errors import InputError
from headswap.feature_cache import Member
from headswap.heads import hidden_layers, output_layer, score_layer
from headswap.inference import Inference
from headswap.losses import class_weights, make_loss
from headswap.params import backbone as backbone_params
from headswap.params.train import Section
from headswap.tasks import Task

Tensors = dict[str, keras.KerasTensor]

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
        checkpoints: folder for the state of interrupted fits.
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
        self.options = options
        self.train_rows = train_rows
        self.validation_rows = validation_rows
        self.num_rows = len(groups)
        self._members = members
        self._targets = targets
        self._groups = groups
        self._backbone = backbone
        self._curves = curves
        self._checkpoints = checkpoints
        self._pretrained: list[keras.Variable] = []

    def inputs(self) -> Tensors:
        """Return fresh symbolic inputs, one a member, by its input name."""
        return {
            member.input_name: keras.Input(
                member.rows.row_shape,
                dtype="uint8" if member.rows.dtype == np.uint8 else "float32",
                name=member.input_name,
            )
            for member in self._members
        }

    def trunk(
        self, inputs: Tensors, name: str, extra: Iterable[keras.KerasTensor] = ()
    ) -> list[keras.KerasTensor]:
        """Return the last tensors before an output layer, (B, units) float32 each.

        One tensor, but one a member under `train.merge: scores`.

        Args:
            inputs: of `inputs()`.
            name: prefix of the layer names, unique within a model.
            extra: more features, (B, D) float32 each, beside the backbone's vector.
        """
        vectors = [self._vector(member, inputs, name) for member in self._members]
        if self.options.merge == "features":
            branches = {name: [*vectors, *extra]}
        else:
            branches = {
                f"{name}-{member.name}": [vector, *extra]
                for member, vector in zip(self._members, vectors, strict=True)
            }
        return [
            hidden_layers(_join(tensors, f"{branch}-features"), self.options, branch)
            for branch, tensors in branches.items()
        ]

    def _vector(self, member: Member, inputs: Tensors, name: str) -> keras.KerasTensor:
        """Return a member's pooled vector, (B, D) float32."""
        if not member.has_above:
            return inputs[member.input_name]
        layer_name = f"{name}-{member.name}-above"
        above: keras.layers.Layer = member.build_above(layer_name)
        if not member.has_random_weights:
            self._pretrained += above.trainable_variables
        if not (member.has_random_weights or self._backbone.train_batch_norm):
            # Statistics of a few small batches would undo what pretrained ones know.
            above = Inference(above, name=layer_name)
        vector = above(inputs[member.input_name])
        return keras.layers.Identity(dtype="float32", name=f"{name}-{member.name}")(
            vector
        )

    def output(
        self, task: Task, trunk: Sequence[keras.KerasTensor]
    ) -> keras.KerasTensor:
        """Return a task's probabilities, (B, num_classes) float32."""
        if len(trunk) == 1:
            return output_layer(task, self.options)(trunk[0])
        scores = [
            score_layer(task, self.options, f"{task.name}-{member.name}")(branch)
            for member, branch in zip(self._members, trunk, strict=True)
        ]
        return output_layer(task, self.options)(_join(scores, f"{task.name}-scores"))

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
        rows = self.train_rows if rows is None else rows
        self._compile(model, tasks, rows)
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
            batches = self._batches(rows, tasks, extra, seed)
            batches.start_epoch(done)
            model.fit(
                batches,
                validation_data=self._batches(self.validation_rows, tasks, extra),
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

    def _compile(
        self, model: keras.Model, tasks: Sequence[Task], rows: np.ndarray
    ) -> None:
        scheme = self.options.class_weight
        model.compile(
            optimizer=self._optimizer(model),
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

    def _optimizer(self, model: keras.Model) -> keras.optimizers.Optimizer:
        """Return the optimiser; pretrained layers have a learning rate of their own."""
        heads = self._make_optimizer(self.options.learning_rate)
        pretrained = {id(variable) for variable in self._pretrained}
        if not any(
            id(variable) in pretrained for variable in model.trainable_variables
        ):
            return heads
        backbone = self._make_optimizer(self._backbone.learning_rate)
        return keras.optimizers.MultiOptimizer(
            lambda variable: backbone if id(variable) in pretrained else heads
        )

    def _make_optimizer(self, learning_rate: float) -> keras.optimizers.Optimizer:
        config = {"learning_rate": learning_rate}
        return keras.optimizers.get(
            {"class_name": self.options.optimizer, "config": config}
        )

    def predict(
        self,
        model: keras.Model,
        rows: np.ndarray,
        extra: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:
        """Return {task name: probabilities}, (len(rows), num_classes) float32 each."""
        return model.predict(self._batches(rows, (), extra), verbose=0)

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
        rows: np.ndarray,
        tasks: Iterable[Task],
        extra: Mapping[str, np.ndarray] | None,
        seed: int | None = None,
    ) -> Batches:
        features = {member.input_name: member.rows for member in self._members}
        return Batches(
            {**features, **(extra or {})},
            {task.name: self._targets[task.name] for task in tasks},
            rows,
            self.options.batch_size,
            seed,
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


def _join(tensors: Sequence[keras.KerasTensor], name: str) -> keras.KerasTensor:
    if len(tensors) == 1:
        return tensors[0]
    return keras.layers.Concatenate(name=name)(tensors)


def derive_seed(*parts: object) -> int:
    """Return a seed that depends on all the parts, 0..2**32 - 1."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:4])
