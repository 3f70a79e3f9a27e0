"""Runs with fewer and more training images -> scores over their number.

The runs differ in `split.images` and test the same images in each round.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headswap.errors import InputError
from headswap.statistics.rounds import FEWEST_ROUNDS, Rounds
from headswap.use.compare.runs import Run, read_runs
from headswap.use.compare.table import changed_parameters, plain
from headswap.use.sweep.plan import Experiment
from headswap.use.sweep.questions import IMAGES

# In doublings: from so near a half on it is called one.
_NEARLY = 0.2


@dataclass(frozen=True)
class Curve:
    """Test scores of one task over the number of training images, fewest first.

    Attributes:
        label: what its runs have of their own; "" where there is one curve a task.
        task: its name.
        metric: the one that decides.
        images: that train, (P,).
        scores: (P, rounds).
        bounds: (P, 2), lower and upper; NaN where there is no interval.
        spreads: of each point; None where rounds test the same images.
    """

    label: str
    task: str
    metric: str
    images: np.ndarray
    scores: np.ndarray
    bounds: np.ndarray
    spreads: tuple[Rounds | None, ...]

    @property
    def means(self) -> np.ndarray:
        """The mean over the rounds of each point, (P,)."""
        return np.asarray(self.scores.mean(axis=1))

    def doubling(self, first: int) -> tuple[float, float | None]:
        """Return what a doubling gains from a point on, and half its interval's width.

        Rounds are paired: they test the same images, and more train than did before.
        The spread is that of the fewer images, which is the wider one.

        Args:
            first: number of the point; the last one is what it is compared with.
        """
        doublings = np.log2(self.images[-1] / self.images[first])
        gains = (self.scores[-1] - self.scores[first]) / doublings
        spread = self.spreads[first]
        half = None
        if spread is not None and len(gains) >= FEWEST_ROUNDS:
            half = spread.half_width(gains)
        return float(gains.mean()), half

    @property
    def half_as_many(self) -> int | None:
        """The point with about half the images of the last, if it is not the step."""
        nearest = int(np.abs(np.log2(self.images[-1] / self.images) - 1).argmin())
        is_half = abs(np.log2(self.images[-1] / self.images[nearest]) - 1) < _NEARLY
        return nearest if is_half and nearest < len(self.images) - 2 else None


def read_curves(ended: Sequence[Experiment], folder: Path) -> list[Curve]:
    """Return the curves of runs, one a task and combination of other parameters.

    Raises:
        InputError: a run cannot be read, or runs have too few images for two points.
    """
    runs = read_runs([each.name for each in ended], False, folder)
    others = [
        (name, short) for name, short in changed_parameters(runs) if name != IMAGES
    ]
    groups: dict[str, list[Run]] = {}
    for run in runs:
        label = " ".join(f"{key}={plain(run.params.get(name))}" for name, key in others)
        groups.setdefault(label, []).append(run)
    curves = [
        _curve(label, task, sorted(alike, key=lambda run: run.params[IMAGES]))
        for label, alike in groups.items()
        for task in alike[0].tasks
    ]
    if flat := [curve for curve in curves if len(curve.images) < 2]:
        raise InputError(
            "headswap sweep --images: two shares must give two numbers of training "
            f"images, got one ({flat[0].images[0]:g}) for {flat[0].task}. Name shares "
            "that lie further apart."
        )
    return curves


def _curve(label: str, task: str, runs: Sequence[Run]) -> Curve:
    metric = runs[0].primary(task) or ""
    # Of two shares that leave the same images one is enough.
    by_images = {run.intervals[task]["test"]["train_images"]: run for run in runs}
    tests = [run.intervals[task]["test"] for run in by_images.values()]
    bounds = [
        [part["scores"][metric][end] for end in ("low", "high")] for part in tests
    ]
    spreads = [part.get("spread") for part in tests]
    return Curve(
        label,
        task,
        metric,
        np.array(list(by_images), float),
        np.array([run.scores[task, "test", metric] for run in by_images.values()]),
        np.array(bounds, float),
        tuple(None if each is None else Rounds(**each) for each in spreads),
    )
