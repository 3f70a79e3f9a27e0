"""A head standardised on some rows, to be solved for any strength of its penalty."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from headswap.artifacts.dataset.targets import AnyTargets
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.heads import Block
from headswap.solver.logistic import Linear, Problem
from headswap.solver.standardize import NONE, WITHIN, Span, Standardization
from headswap.train.weights import class_weights, soften


@dataclass(frozen=True)
class Source:
    """One input of heads, over all feature rows.

    Attributes:
        values: (rows, D).
        is_feature: whether it is standardised; what other heads give is not.
    """

    values: np.ndarray
    is_feature: bool = True


class Fit:
    """A head standardised on some rows, to be solved for any strength.

    Args:
        sources: by name.
        targets: (rows, C) of 0 and 1, over all feature rows.
        rows: positions of the rows to fit to; a row may stand several times.
        task: whose head it is.
        kind: `none`, `length` or `within`.
        scheme: of class weights.
        label_smoothing: share of each target that is spread.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        targets: AnyTargets,
        rows: np.ndarray,
        task: Task,
        kind: str,
        scheme: str,
        label_smoothing: float = 0.0,
    ):
        unique, times = np.unique(rows, return_counts=True)
        self.maps: dict[str, Standardization] = {}
        for name, source in sources.items():
            kept = kind if source.is_feature else NONE
            span = Span(source.values[unique], times, kept != NONE)
            self.maps[name] = (
                span.within(targets[unique]) if kept == WITHIN else span.plain()
            )
        weights = class_weights(targets, rows, task, scheme)
        self.weights = np.ones(task.num_classes) if weights is None else weights
        self.kind = task.kind
        self._problem = Problem(
            self.coordinates(sources, unique),
            soften(targets[unique], task, label_smoothing),
            times,
            self.weights,
            task.kind,
        )
        self._solutions: dict[float, Linear] = {}

    def coordinates(
        self, sources: Mapping[str, Source], rows: np.ndarray
    ) -> np.ndarray:
        """Return the standardised coordinates of rows, (len(rows), R) float64."""
        return np.hstack(
            [self.maps[name](source.values[rows]) for name, source in sources.items()]
        )

    @property
    def is_fresh(self) -> bool:
        """Whether nothing has been solved yet."""
        return not self._solutions

    def solve(self, l2: float, tolerance: float) -> Linear:
        """Return the solution, searched from where those so far point."""
        start = self._expected(l2)
        self._solutions[l2] = self._problem.solve(l2, start, tolerance)
        return self._solutions[l2]

    def _expected(self, l2: float) -> Linear | None:
        """Return where the solution may be: on the line through the nearest two.

        Solutions move about evenly with the logarithm of the strength; from there, a
        path takes half the steps that it takes from the nearest solution itself.
        """
        if l2 in self._solutions or len(self._solutions) < 2:
            return self._solutions.get(l2) or next(iter(self._solutions.values()), None)
        near, far = sorted(self._solutions, key=lambda each: abs(np.log(each / l2)))[:2]
        # No further than the two are apart, as far as the line is known to hold.
        way = np.clip(np.log(l2 / near) / np.log(near / far), -1, 1)
        first, second = self._solutions[near], self._solutions[far]
        return Linear(
            first.kernel + way * (first.kernel - second.kernel),
            first.bias + way * (first.bias - second.bias),
        )

    def blocks(self, solution: Linear) -> tuple[Block, ...]:
        """Return a solution as what a head takes from each source."""
        widths = [each.basis.shape[1] for each in self.maps.values()]
        kernels = np.split(solution.kernel, np.cumsum(widths)[:-1])
        return tuple(
            Block(name, each.mean, each.has_unit_length, each.basis @ kernel)
            for (name, each), kernel in zip(self.maps.items(), kernels, strict=True)
        )
