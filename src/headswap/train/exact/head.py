"""One solved head: its standardisation, its strength, and what it says unseen.

Both choices are made together, by the log loss of images that were not fitted to: the
validation images where there are enough of them, otherwise the inner folds.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from headswap.artifacts.dataset.targets import AnyTargets
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.views import average_views
from headswap.artifacts.model.heads import SCORES, Head
from headswap.artifacts.model.strengths import Strength, choose
from headswap.errors import InputError
from headswap.params.train import AUTO, Section
from headswap.solver.logistic import FINE, ROUGH, log_loss, probabilities
from headswap.solver.standardize import LENGTH, NONE, WITHIN
from headswap.solver.strength import search
from headswap.train.exact.fit import Fit, Source
from headswap.train.rows import RoundRows

# Validation images a class from which on they choose better than folds would.
ENOUGH = 2


class SolvedHead:
    """A task's head, solved on the training rows of a round.

    Args:
        name: of the head.
        task: what it tells apart.
        sources: what it takes, by name.
        targets: (rows, C) of 0 and 1, over all feature rows.
        rows: of the round.
        options: the `train` section.
        gives_scores: whether another head takes its scores.

    Attributes:
        head: the result.
        strengths: all that were compared.
        chosen: the one that was taken.
    """

    def __init__(
        self,
        name: str,
        task: Task,
        sources: Mapping[str, Source],
        targets: AnyTargets,
        rows: RoundRows,
        options: Section,
        gives_scores: bool = False,
    ):
        self._task, self._sources, self._targets = task, sources, targets
        # What has no label of the task is fitted to and judged by nowhere.
        self._rows = rows.among(task.is_labelled(targets))
        self._options = options
        self._is_judged_by_folds = not self._has_enough_validation()
        judges = {kind: self._judges(kind) for kind in self._kinds()}
        self.strengths = [
            each for kind in judges for each in self._compare(kind, judges[kind])
        ]
        self.chosen = choose(self.strengths)
        kind = self.chosen.standardization
        if self._is_judged_by_folds:
            self._of_folds, fit = judges[kind], self._fit(self._rows.train, kind)
        else:
            self._of_folds, ((fit, _),) = [], judges[kind]
        solution = fit.solve(self.chosen.l2, FINE)
        self.head = Head(
            name,
            SCORES if gives_scores else task.kind,
            fit.blocks(solution),
            solution.bias,
        )

    def _kinds(self) -> Sequence[str]:
        asked = self._options.standardize
        if not any(source.is_feature for source in self._sources.values()):
            return (NONE,)
        return (LENGTH, WITHIN) if asked == AUTO else (asked,)

    @property
    def has_folds(self) -> bool:
        """Whether there is something to hold out of the training rows."""
        return len(np.unique(self._rows.folds[self._rows.train])) > 1

    def _has_enough_validation(self) -> bool:
        """Whether the validation images choose better than the folds could.

        Raises:
            InputError: there are neither validation images nor folds.
        """
        rows = self._rows
        if not len(rows.validation) and not self.has_folds:
            raise InputError(
                "train: a head's strength must be chosen on validation images or on "
                "two folds of training images, got neither. Raise split.validation, "
                "or add pictures."
            )
        of_images = average_views(
            self._targets[rows.validation], rows.images[rows.validation]
        )
        return not self.has_folds or bool((of_images.sum(axis=0) >= ENOUGH).all())

    def _fit(self, rows: np.ndarray, kind: str) -> Fit:
        return Fit(
            self._sources,
            self._targets,
            rows,
            self._task,
            kind,
            self._options.class_weight,
            self._options.label_smoothing,
        )

    def _judges(self, kind: str) -> list[tuple[Fit, np.ndarray]]:
        """Return heads, each with rows that it was not fitted to and is judged by."""
        if self._is_judged_by_folds:
            return list(self._folds(kind))
        return [(self._fit(self._rows.train, kind), self._rows.validation)]

    def _folds(self, kind: str) -> Iterator[tuple[Fit, np.ndarray]]:
        for fold in self._rows.split_folds():
            yield self._fit(fold.fit_rows, kind), np.unique(fold.held_rows)

    def _compare(
        self, kind: str, judges: Sequence[tuple[Fit, np.ndarray]]
    ) -> list[Strength]:
        """Return how good the strengths are under one standardisation."""
        held = [rows[self._rows.is_prepared[rows]] for _, rows in judges]
        coordinates = [
            fit.coordinates(self._sources, rows)
            for (fit, _), rows in zip(judges, held, strict=True)
        ]

        def loss_at(l2: float) -> float:
            losses, counts = [], []
            for (fit, _), rows, place in zip(judges, held, coordinates, strict=True):
                scores = fit.solve(l2, ROUGH)(place)
                images = self._rows.images[rows]
                likely = average_views(probabilities(scores, fit.kind), images)
                targets = average_views(self._targets[rows], images)
                losses.append(log_loss(likely, targets, fit.weights, fit.kind))
                counts.append(len(targets))
            return float(np.average(losses, weights=counts))

        asked = self._options.fixed_l2
        found = search(loss_at) if asked is None else {asked: loss_at(asked)}
        return [Strength(kind, l2, loss) for l2, loss in found.items()]

    def outputs(self, tolerance: float = FINE) -> np.ndarray:
        """Return what the head gives, (rows, C) float64, over all feature rows.

        Training rows get it from heads that were not fitted to their fold, all others
        from the head itself: what a head gives for rows it was fitted to is too sure.

        Args:
            tolerance: of the heads of folds.
        """
        values = {name: source.values for name, source in self._sources.items()}
        outputs = self.head(values)
        of_folds = self._of_folds or self._folds(self.chosen.standardization)
        for fit, held_rows in of_folds:
            coordinates = fit.coordinates(self._sources, held_rows)
            scores = fit.solve(self.chosen.l2, tolerance)(coordinates)
            outputs[held_rows] = (
                scores
                if self.head.kind == SCORES
                else probabilities(scores, self._task.kind)
            )
        return outputs
