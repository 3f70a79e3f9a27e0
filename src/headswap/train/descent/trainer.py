"""What a strategy needs to build and fit models on one round."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from threadpoolctl import threadpool_limits

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Member
from headswap.artifacts.model.heads import set_head
from headswap.artifacts.model.strengths import Strength
from headswap.params import backbone as backbone_params
from headswap.params.train import Section
from headswap.train.descent.builder import Builder
from headswap.train.descent.fine_tuning import fine_tune
from headswap.train.descent.fitting import Arrays, Fitter
from headswap.train.exact.fit import Source
from headswap.train.exact.head import SolvedHead
from headswap.train.rows import RoundRows


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
        # Of the heads that were solved.
        self.strengths: dict[str, Sequence[Strength]] = {}

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
        rate = self.options.learning_rate

        def solve(heads: keras.Model, arrays: Arrays) -> float:
            # The whole model shares the layers, and knows them by their names.
            self._solve(model, tasks, name, rows, arrays, extra or {})
            return self.fitter.validation_loss(heads, tasks, rows, arrays)

        def train(heads: keras.Model, arrays: Arrays) -> float:
            heads_name = f"{name}-heads"
            return self.fitter.fit(heads, tasks, heads_name, rows, arrays, rate)

        if vectors:
            fit_heads = solve if self.builder.solves_heads else train
            fine_tune(
                self.fitter,
                model,
                vectors,
                tasks,
                name,
                rows,
                arrays,
                fit_heads,
                self._unfrozen_rate,
            )
        else:
            self.fitter.fit(model, tasks, name, rows, arrays, rate)

    def _solve(
        self,
        model: keras.Model,
        tasks: Sequence[Task],
        name: str,
        rows: np.ndarray,
        arrays: Arrays,
        extra: Mapping[str, np.ndarray],
    ) -> None:
        """Give a model the heads that fit best to its vectors, the arrays."""
        everything = np.arange(len(self.rows.images))
        sources = {
            source: Source(arrays[source][everything], is_feature=source not in extra)
            for source in [*self._features, *extra]
        }
        with threadpool_limits(1):
            solved = [
                SolvedHead(
                    task.name,
                    task,
                    sources,
                    self.fitter.targets[task.name],
                    replace(self.rows, train=rows),
                    self.options,
                )
                for task in tasks
            ]
        for each in solved:
            set_head(model, each.head)
        self.strengths |= {
            f"{name} {each.head.name}": each.strengths for each in solved
        }

    def predict(
        self,
        model: keras.Model,
        rows: np.ndarray,
        extra: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:
        """Return {task name: probabilities}, (len(rows), num_classes) float32 each."""
        arrays: Arrays = {**self._features, **(extra or {})}
        return model.predict(self.fitter.batches(model, rows, (), arrays), verbose=0)
