"""Would more pictures help? Scores over the number of training images, and words.

In: runs that differ in `split.images`, which test the same images. Out: a table, what a
doubling is worth, and both as `data/report/images.csv` and `images.png`. No curve is
fitted, for few points carry none: the last step says how steep it still is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headswap.artifacts.storage.tables import write_table
from headswap.errors import InputError
from headswap.statistics.rounds import FEWEST_ROUNDS, Rounds
from headswap.use.compare.runs import Run, read_runs
from headswap.use.compare.table import changed_parameters, plain
from headswap.use.sweep.plan import Experiment
from headswap.use.sweep.questions import IMAGES

FOLDER = Path("data/report")
_HEADER = (
    "run",
    "task",
    "metric",
    "training images",
    "test score",
    "low",
    "high",
)


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

    @property
    def doubling(self) -> tuple[float, float | None]:
        """What the last step gains a doubling, and half the width of its interval.

        Rounds are paired: they test the same images, and more train than did before.
        The spread is that of the fewer images, which is the wider one.
        """
        doublings = np.log2(self.images[-1] / self.images[-2])
        gains = (self.scores[-1] - self.scores[-2]) / doublings
        spread = self.spreads[-2]
        half = None
        if spread is not None and len(gains) >= FEWEST_ROUNDS:
            half = spread.half_width(gains)
        return float(gains.mean()), half


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


def rows(curves: Sequence[Curve]) -> Iterator[tuple[str, ...]]:
    """Yield a row a point, as text."""
    for curve in curves:
        for images, score, bounds in zip(
            curve.images, curve.means, curve.bounds, strict=True
        ):
            low, high = ("" if np.isnan(x) else f"{x:.3f}" for x in bounds)
            yield (
                curve.label,
                curve.task,
                curve.metric,
                f"{images:g}",
                f"{score:.3f}",
                low,
                high,
            )


def sentences(curves: Sequence[Curve], delta: float) -> Iterator[str]:
    """Yield what each curve says.

    Args:
        curves: of at least two points.
        delta: the difference that matters.
    """
    for curve in curves:
        gain, half = curve.doubling
        where = f"{curve.task}, {curve.label}" if curve.label else curve.task
        before, last = curve.images[-2:]
        yield (
            f"{where}: from {curve.images[0]:.0f} to {last:.0f} training images the "
            f"test {curve.metric.replace('_', ' ')} goes from {curve.means[0]:.3f} to "
            f"{curve.means[-1]:.3f}. Going by the last step, {before:.0f} to "
            f"{last:.0f}, twice the images bring {_amount(gain, half)}. "
            + _judged(gain, half, delta)
        )
    yield (
        "That is a straight line on from the last step; such curves flatten, so more "
        "is hardly to be had. It is about more images like these."
    )


def _amount(gain: float, half: float | None) -> str:
    if half is None:
        return f"{gain:+.3f}"
    return f"{gain:+.3f} [{gain - half:+.3f}, {gain + half:+.3f}]"


def _judged(gain: float, half: float | None, delta: float) -> str:
    if half is None:
        return (
            "How sure that is, nobody can say: it takes split.repeats=3 or more, with "
            "test images of their own."
        )
    if gain - half > 0:
        return "More would help."
    if gain + half < delta:
        return f"More would bring less than {delta:g}."
    return (
        "Whether more would help is not shown, and a gain of up to "
        f"{gain + half:.3f} not ruled out."
    )


def show_curves(ended: Sequence[Experiment], delta: float, folder: Path) -> None:
    """Print the answer, and write it as a table and a picture.

    Args:
        ended: well.
        delta: the difference that matters.
        folder: of the project.

    Raises:
        InputError: a run cannot be read.
    """
    from rich.console import Console
    from rich.table import Table

    curves = read_curves(ended, folder)
    table, picture = (folder / FOLDER / f"images.{end}" for end in ("csv", "png"))
    table.parent.mkdir(parents=True, exist_ok=True)
    write_table(table, _HEADER, rows(curves))
    draw(picture, curves)
    console = Console(highlight=False, markup=False, emoji=False)
    drawn = Table(box=None, pad_edge=False)
    for name in _HEADER:
        drawn.add_column(name, overflow="fold")
    for row in rows(curves):
        drawn.add_row(*row)
    console.print(drawn)
    console.print()
    for sentence in sentences(curves, delta):
        console.print(sentence)
    console.print(f"Kept in {table} and {picture}.")


def draw(path: Path, curves: Sequence[Curve]) -> None:
    """Draw the curves with their bands."""
    # Without pyplot, which would load what shows figures on screens.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for curve in curves:
        label = f"{curve.task} {curve.label}".strip()
        (line,) = axes.plot(curve.images, curve.means, marker="o", label=label)
        axes.fill_between(
            curve.images, *curve.bounds.T, alpha=0.2, color=line.get_color(), lw=0
        )
    axes.set_xscale("log", base=2)
    ticks = np.unique(np.concatenate([curve.images for curve in curves]))
    axes.set_xticks(ticks, [f"{images:g}" for images in ticks])
    axes.set_xlabel("training images")
    axes.set_ylabel("test score, with its interval of 95 %")
    axes.grid(alpha=0.3)
    for text in axes.legend().get_texts():
        text.set_parse_math(False)
    figure.savefig(path, dpi=120)
