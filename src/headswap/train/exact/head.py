"""One solved head: its standardisation, its strength, and what it says unseen.

Both choices are made together, by the log loss of images that were not fitted to: the
validation images where there are enough of them, otherwise the inner folds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.heads import SCORES, Block, Head
from headswap.params.train import AUTO, Section
from headswap.solver.logistic import (
    FINE,
    ROUGH,
    Linear,
    Problem,
    log_loss,
    probabilities,
)
from headswap.solver.standardize import LENGTH, NONE, WITHIN, Span, Standardization
from headswap.solver.strength import search
from headswap.train.outcome import Strength, choose
from headswap.train.rows import RoundRows, average_views
from headswap.train.weights import class_weights

# Validation images a class from which on they choose better than folds would.
ENOUGH = 2


@dataclass(frozen=True)
class Source:
    """One input of heads, over all feature rows.

    Attributes:
        values: (rows, D).
        is_feature: whether it is standardised; what other heads give is not.
    """

    values: np.ndarray
    is_feature: bool = True


class _Fit:
    """A head standardised on some rows, to be solved for any strength.

    Args:
        sources: by name.
        targets: (rows, C) of 0 and 1, over all feature rows.
        rows: positions of the rows to fit to; a row may stand several times.
        task: whose head it is.
        kind: `none`, `length` or `within`.
        scheme: of class weights.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        targets: np.ndarray,
        rows: np.ndarray,
        task: Task,
        kind: str,
        scheme: str,
    ):
        unique, times = np.unique(rows, return_counts=True)
        self.maps: dict[str, Standardization] = {}
        for name, source in sources.items():
            kept = kind if source.is_feature else NONE
            span = Span(source.values[unique], times, kept != NONE)
            self.maps[name] = (
                span.within(targets[unique]) if kept == WITHIN else span.plain()
            )
        weights = class_weights(targets[rows], task, scheme)
        self.weights = np.ones(task.num_classes) if weights is None else weights
        self.kind = task.kind
        self._problem = Problem(
            self.coordinates(sources, unique),
            targets[unique],
            times,
            self.weights,
            task.kind,
        )
        self._solutions: dict[float, Linear] = {}
        self._last: Linear | None = None

    def coordinates(
        self, sources: Mapping[str, Source], rows: np.ndarray
    ) -> np.ndarray:
        return np.hstack(
            [self.maps[name](source.values[rows]) for name, source in sources.items()]
        )

    def solve(self, l2: float, tolerance: float) -> Linear:
        """Return the solution; nearby strengths are best asked for in turn."""
        start = self._solutions.get(l2, self._last)
        self._last = self._problem.solve(l2, start, tolerance)
        self._solutions[l2] = self._last
        return self._last


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
        targets: np.ndarray,
        rows: RoundRows,
        options: Section,
        gives_scores: bool = False,
    ):
        self._task, self._sources, self._targets = task, sources, targets
        self._rows, self._options = rows, options
        self._is_judged_by_folds = not self._has_enough_validation()
        self._judges: dict[str, list[tuple[_Fit, np.ndarray]]] = {}
        self.strengths = [each for kind in self._kinds() for each in self._try(kind)]
        self.chosen = choose(self.strengths)
        kind = self.chosen.standardization
        if self._is_judged_by_folds:
            fit = self._fit(rows.train, kind)
        else:
            ((fit, _),) = self._judges[kind]
        solution = fit.solve(self.chosen.l2, FINE)
        self.head = Head(
            name,
            SCORES if gives_scores else task.kind,
            tuple(_blocks(fit, solution)),
            solution.bias,
        )

    def _kinds(self) -> Sequence[str]:
        asked = self._options.standardize
        return (LENGTH, WITHIN) if asked == AUTO else (asked,)

    def _has_enough_validation(self) -> bool:
        labels = self._targets[self._rows.validation].sum()
        enough = labels >= ENOUGH * self._task.num_classes
        return enough or len(np.unique(self._rows.folds[self._rows.train])) < 2

    def _fit(self, rows: np.ndarray, kind: str) -> _Fit:
        return _Fit(
            self._sources,
            self._targets,
            rows,
            self._task,
            kind,
            self._options.class_weight,
        )

    def _try(self, kind: str) -> list[Strength]:
        """Return how good the strengths are under one standardisation."""
        if self._is_judged_by_folds:
            judges = [
                (self._fit(fold.fit_rows, kind), np.unique(fold.held_rows))
                for fold in self._rows.split_folds()
            ]
        else:
            judges = [(self._fit(self._rows.train, kind), self._rows.validation)]
        self._judges[kind] = judges
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

    def outputs(self) -> np.ndarray:
        """Return what the head gives, (rows, C) float64, over all feature rows.

        Training rows get it from heads that were not fitted to their fold, all others
        from the head itself: what a head gives for rows it was fitted to is too sure.
        """
        values = {name: source.values for name, source in self._sources.items()}
        outputs = self.head(values)
        kind = self.chosen.standardization
        for fit, held_rows in self._fold_fits(kind):
            scores = fit.solve(self.chosen.l2, FINE)(
                fit.coordinates(self._sources, held_rows)
            )
            outputs[held_rows] = (
                scores
                if self.head.kind == SCORES
                else probabilities(scores, self._task.kind)
            )
        return outputs

    def _fold_fits(self, kind: str) -> list[tuple[_Fit, np.ndarray]]:
        if self._is_judged_by_folds:
            return self._judges[kind]
        return [
            (self._fit(fold.fit_rows, kind), np.unique(fold.held_rows))
            for fold in self._rows.split_folds()
        ]


def _blocks(fit: _Fit, solution: Linear) -> list[Block]:
    widths = [each.basis.shape[1] for each in fit.maps.values()]
    kernels = np.split(solution.kernel, np.cumsum(widths)[:-1])
    return [
        Block(name, each.mean, each.has_unit_length, each.basis @ kernel)
        for (name, each), kernel in zip(fit.maps.items(), kernels, strict=True)
    ]
