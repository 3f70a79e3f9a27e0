"""A head standardised on some rows, to be solved for any strength of its penalty."""

from collections.abc import Mapping

import numpy as np

from headswap.artifacts.dataset.targets import AnyTargets
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.heads import Block
from headswap.solver.logistic import Linear, Problem
from headswap.solver.standardize import NONE, WITHIN, Span, Standardized, side_by_side
from headswap.train.weights import class_weights, soften

# Bytes of the spans that a source keeps at most.
MAX_KEPT = 1_000_000_000


class Source:
    """One input of heads, over all feature rows.

    Args:
        values: (rows, D).
        is_feature: whether it is standardised; what other heads give is not.

    Attributes:
        values: the same.
        is_feature: the same.
    """

    def __init__(self, values: np.ndarray, is_feature: bool = True):
        self.values = values
        self.is_feature = is_feature
        self._spans: dict[tuple[bytes, bytes, bool], Span] = {}

    def standardized(
        self, rows: np.ndarray, times: np.ndarray, targets: np.ndarray, kind: str
    ) -> Standardized:
        """Return what standardises this source, found on some rows.

        Args:
            rows: positions of the N rows, each once.
            times: (N,), how often each counts.
            targets: (N, C) of 0 and 1, of these rows.
            kind: `none`, `length` or `within`.
        """
        kept = kind if self.is_feature else NONE
        span = self._span(rows, times, kept != NONE)
        return span.within(targets) if kept == WITHIN else span.plain()

    def _span(self, rows: np.ndarray, times: np.ndarray, has_unit_length: bool) -> Span:
        """Return the space of rows, found once for all heads and standardisations."""
        key = rows.tobytes(), times.tobytes(), has_unit_length
        if key in self._spans:
            return self._spans[key]
        span = Span(self.values[rows], times, has_unit_length)
        if sum(each.nbytes for each in (span, *self._spans.values())) <= MAX_KEPT:
            self._spans[key] = span
        return span


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
        own_targets = targets[unique]
        standardized = {
            name: source.standardized(unique, times, own_targets, kind)
            for name, source in sources.items()
        }
        self.maps = {name: each.standardization for name, each in standardized.items()}
        weights = class_weights(targets, rows, task, scheme)
        self.weights = np.ones(task.num_classes) if weights is None else weights
        self.kind = task.kind
        self._problem = Problem(
            side_by_side([each.coordinates for each in standardized.values()]),
            soften(own_targets, task, label_smoothing),
            times,
            self.weights,
            task.kind,
        )
        self._solutions: dict[float, Linear] = {}

    def coordinates(
        self, sources: Mapping[str, Source], rows: np.ndarray
    ) -> np.ndarray:
        """Return the standardised coordinates of rows, (len(rows), R) float64."""
        return side_by_side(
            [self.maps[name](source.values[rows]) for name, source in sources.items()]
        )

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
