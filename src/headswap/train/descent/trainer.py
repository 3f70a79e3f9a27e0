"""What a strategy needs to build and fit models on one round."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np
from threadpoolctl import threadpool_limits

from headswap.artifacts.dataset.targets import AnyTargets
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Member
from headswap.artifacts.model.heads import set_head
from headswap.artifacts.model.strengths import Strength, choose
from headswap.params import backbone as backbone_params
from headswap.params.train import Section
from headswap.train.descent.builder import Builder
from headswap.train.descent.fine_tuning import fine_tune
from headswap.train.descent.fitting import Arrays, Fitter, Schedule
from headswap.train.exact.fit import Source
from headswap.train.exact.head import SolvedHead
from headswap.train.rows import RoundRows

# How much stronger the penalty of solved heads is where everything trains on from them.
SOFTENED = 100.0


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
        targets: Mapping[str, AnyTargets],
        rows: RoundRows,
        options: Section,
        backbone: backbone_params.Section,
        curves: Path,
        checkpoints: Path,
    ):
        self.builder = Builder(members, options, backbone.train_batch_norm)
        self.options = options
        self.rows = rows
        self.features: Arrays = {member.input_name: member.rows for member in members}
        self.alone = Schedule(
            options.learning_rate, options.epochs, options.patience, options.min_epochs
        )
        # What is annealed is worth waiting for.
        self._together = Schedule(
            backbone.learning_rate,
            backbone.epochs,
            patience=backbone.epochs,
            is_annealed=True,
        )
        self.fitter = Fitter(targets, rows.validation, options, curves, checkpoints)
        # Of the heads that were solved.
        self.strengths: dict[str, Sequence[Strength]] = {}
        # By task name, of training rows by models that did not see their fold.
        self.unseen: dict[str, np.ndarray] = {}

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
        arrays: Arrays = {**self.features, **(extra or {})}
        vectors = self.builder.pretrained_vectors(model)
        if vectors:
            heads = _Heads(self, model, tasks, name, rows, extra or {})
            last = fine_tune(
                self.fitter,
                model,
                vectors,
                tasks,
                name,
                rows,
                arrays,
                heads,
                self._together,
            )
            if heads.are_solved:
                self.strengths |= heads.strengths[last]
        else:
            self.fitter.fit(model, tasks, name, rows, arrays, self.alone)

    def predict(
        self,
        model: keras.Model,
        rows: np.ndarray,
        extra: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:
        """Return {task name: probabilities}, (len(rows), num_classes) float32 each."""
        arrays: Arrays = {**self.features, **(extra or {})}
        return model.predict(self.fitter.batches(model, rows, (), arrays), verbose=0)


class _Heads:
    """Fits the heads of a model with pretrained layers.

    Args:
        trainer: whose model it is.
        model: the whole one.
        tasks: the model's tasks.
        name: of the fit.
        rows: positions of the rows to fit to.
        extra: more inputs by name, (rows, D) float32 over all feature rows.

    Attributes:
        are_solved: whether they are solved, and not trained.
        strengths: what was compared, by fit and name of the head.
    """

    def __init__(
        self,
        trainer: Trainer,
        model: keras.Model,
        tasks: Sequence[Task],
        name: str,
        rows: np.ndarray,
        extra: Mapping[str, np.ndarray],
    ):
        self.are_solved = trainer.builder.solves_heads
        self._trainer, self._model = trainer, model
        self._tasks, self._name = tasks, name
        self._rows, self._extra = rows, extra
        self.strengths: list[dict[str, Sequence[Strength]]] = []

    def fit(self, heads: keras.Model, arrays: Arrays) -> float:
        """Fit the heads as well as can be; return their validation loss."""
        fitter = self._trainer.fitter
        if not self.are_solved:
            return fitter.fit(
                heads,
                self._tasks,
                f"{self._name}-heads",
                self._rows,
                arrays,
                self._trainer.alone,
            )
        options = self._trainer.options
        solved = self._solve(arrays, {task.name: options for task in self._tasks})
        self.strengths.append(
            {f"{self._name} {each.head.name}": each.strengths for each in solved}
        )
        return fitter.validation_loss(heads, self._tasks, self._rows, arrays)

    def soften(self, arrays: Arrays) -> None:
        """Solve the heads again, under a stronger penalty than was best."""
        softer = {}
        for task in self._tasks:
            chosen = choose(self.strengths[-1][f"{self._name} {task.name}"])
            softer[task.name] = replace(
                self._trainer.options,
                l2=chosen.l2 * SOFTENED,
                standardize=cast(Any, chosen.standardization),
            )
        self._solve(arrays, softer)

    def _solve(
        self, arrays: Arrays, options: Mapping[str, Section]
    ) -> list[SolvedHead]:
        """Give the model heads that are solved on its vectors, the arrays."""
        trainer = self._trainer
        everything = np.arange(len(trainer.rows.images))
        names = [*trainer.features, *self._extra]
        sources = {
            name: Source(arrays[name][everything], is_feature=name not in self._extra)
            for name in names
        }
        with threadpool_limits(1):
            solved = [
                SolvedHead(
                    task.name,
                    task,
                    sources,
                    trainer.fitter.targets[task.name],
                    replace(trainer.rows, train=self._rows),
                    options[task.name],
                )
                for task in self._tasks
            ]
        # The whole model shares its layers with the part above, under their names.
        for each in solved:
            set_head(self._model, each.head)
        return solved
