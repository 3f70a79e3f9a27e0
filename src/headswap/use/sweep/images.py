"""Would more pictures help? Scores over the number of training images, and words.

In: runs that differ in `split.images`, which test the same images. Out: a table, what a
doubling is worth, and both as `data/report/images.csv` and `images.png`. No curve is
fitted, for few points carry none: the last step says how steep it still is.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from headswap.artifacts.storage.tables import write_table
from headswap.errors import one_line
from headswap.use.sweep.curves import Curve, read_curves
from headswap.use.sweep.plan import Experiment

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
        gain, half = curve.doubling(-2)
        where = f"{curve.task}, {curve.label}" if curve.label else curve.task
        before, last = curve.images[-2:]
        yield (
            f"{where}: from {curve.images[0]:.0f} to {last:.0f} training images the "
            f"test {curve.metric.replace('_', ' ')} goes from {curve.means[0]:.3f} to "
            f"{curve.means[-1]:.3f}. "
            + _last_doubling(curve)
            + f"Going by the last step, {before:.0f} to {last:.0f}, twice the images "
            f"bring {_amount(gain, half)}. {_judged(gain, half, delta)}"
        )
    yield (
        "Twice the images is a straight line on from the last step: curves flatten, so "
        "it is rather the most there is to be had, and of images like these."
    )


def _last_doubling(curve: Curve) -> str:
    first = curve.half_as_many
    if first is None:
        return ""
    gain, half = curve.doubling(first)
    return (
        f"The last doubling, from {curve.images[first]:.0f}, brought "
        f"{_amount(gain, half)}; another brings less, as a rule. "
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
    # One curve a task needs no name.
    first = 0 if any(curve.label for curve in curves) else 1
    for name in _HEADER[first:]:
        drawn.add_column(name, overflow="fold")
    for row in rows(curves):
        drawn.add_row(*row[first:])
    console.print(drawn)
    console.print()
    for sentence in sentences(curves, delta):
        console.print(one_line(sentence))
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
    axes.set_xticks(ticks, [f"{images:.0f}" for images in ticks])
    axes.minorticks_off()
    axes.set_xlabel("training images")
    axes.set_ylabel("test score, with its interval of 95 %")
    axes.grid(alpha=0.3)
    for text in axes.legend().get_texts():
        text.set_parse_math(False)
    figure.savefig(path, dpi=120)
