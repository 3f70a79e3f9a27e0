"""What a strategy needs to build and fit models on one round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Member
from headswap.errors import InputError
from headswap.params import backbone as backbone_params
from headswap.params.train import Section
from headswap.train.builder import Builder
from headswap.train.fine_tuning import fine_tune
from headswap.train.fitting import Arrays, Fitter


@dataclass(frozen=True)
class RoundRows:
    """Which feature rows do what in a round.

    Attributes:
        train: positions of the rows to fit to; a row may stand several times.
        validation: positions of the rows that stop training.
        folds: the inner fold of every feature row; -1 where it does not train.
    """

    train: np.ndarray
    validation: np.ndarray
    folds: np.ndarray


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
    """What a strategy needs to build and fit models on one round.

    Args:
        members: the cached features.
        targets: (rows, num_classes) float32 by task name, for every feature row.
        rows: which of them do what.
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
        rows: RoundRows,
        options: Section,
        backbone: backbone_params.Section,
        curves: Path,
        checkpoints: Path,
    ):
        self.builder = Builder(members, options, backbone.train_batch_norm)
        self.options = options
        self.rows = rows
        self._features: Arrays = {member.input_name: member.rows for member in members}
        self._unfrozen_rate = backbone.learning_rate
        self.fitter = Fitter(targets, rows.validation, options, curves, checkpoints)

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
            model: from the builder's inputs and `extra` to {task name: probabilities}.
            tasks: the model's tasks.
            name: of the fit, unique within a strategy; also its folder of curves.
            rows: positions of the rows to fit to; by default all training rows.
            extra: more inputs by name, (rows, D) float32 over all feature rows.
        """
        rows = self.rows.train if rows is None else rows
        arrays: Arrays = {**self._features, **(extra or {})}
        vectors = self.builder.pretrained_vectors(model)
        if vectors:
            fine_tune(
                self.fitter,
                model,
                vectors,
                tasks,
                name,
                rows,
                arrays,
                self._unfrozen_rate,
            )
        else:
            rate = self.options.learning_rate
            self.fitter.fit(model, tasks, name, rows, arrays, rate)

    def predict(
        self,
        model: keras.Model,
        rows: np.ndarray,
        extra: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:
        """Return {task name: probabilities}, (len(rows), num_classes) float32 each."""
        arrays: Arrays = {**self._features, **(extra or {})}
        return model.predict(self.fitter.batches(model, rows, (), arrays), verbose=0)

    def folds(self) -> list[Fold]:
        """Return the folds of the training rows.

        An image, its augmented versions and its group share a fold.
        """
        fold_of_row = self.rows.folds[self.rows.train]
        numbers = np.unique(fold_of_row)
        if len(numbers) < 2:
            raise InputError(
                "split.num_folds: there must be two groups of training pictures, got "
                f"{len(numbers)}. Add pictures, or use another strategy."
            )
        return [
            Fold(
                self.rows.train[fold_of_row != number],
                self.rows.train[fold_of_row == number],
            )
            for number in numbers
        ]
