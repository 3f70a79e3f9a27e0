"""Whether probabilities can be believed, and what abstaining would bring."""

from collections.abc import Mapping

import numpy as np

from headswap.pages.blocks import heading, paragraph
from headswap.pages.charts import Curve, line_chart
from headswap.pages.elements import Markup, element, join
from headswap.pages.page import Section
from headswap.report.run import Run

# The calibration error, and the band of it that chance alone brings.
_ERROR, _LOW, _HIGH = "ece", "ece_perfect_low", "ece_perfect_high"
_DIAGONAL = Curve([(0.0, 0.0), (1.0, 1.0)], "guide")


def calibration_section(run: Run) -> Section:
    """Return the section."""
    told = (
        "First, how often answers are right that are about equally probable: on the "
        "dashed line probabilities can be believed, and the band is where chance alone "
        "puts a model of which that is true. Then, the share of wrong answers among "
        "the surest ones: what leaving the unsure to a person would bring."
    )
    shown = [_of_task(run, task.name) for task in run.index.tasks]
    return Section("calibration", "Can it be believed?", join(paragraph(told), *shown))


def _of_task(run: Run, task: str) -> Markup:
    bins = _numbers(run.reliability, task, "confidence", "accuracy", "low", "high")
    shares = [
        (share, error)
        for share, error in _numbers(run.coverage, task, "coverage", "error")
    ]
    if not bins:
        return join(heading(task), paragraph("No test image has a label."))
    points = [(confidence, accuracy) for confidence, accuracy, _, _ in bins]
    band = [(confidence, low, high) for confidence, _, low, high in bins]
    charts = [
        line_chart(
            "Right, by probability",
            "probability of the answer",
            "share right",
            [_DIAGONAL, Curve(points, "dots", band)],
            f"Share of right answers by probability, {task}: from "
            f"{points[0][1]:.2f} at {points[0][0]:.2f} to {points[-1][1]:.2f} at "
            f"{points[-1][0]:.2f}.",
        )
    ]
    if shares:
        most = max(error for _, error in shares)
        charts.append(
            line_chart(
                "Wrong, among the surest",
                "share of the pictures answered",
                "share wrong",
                [Curve(shares)],
                f"Share of wrong answers among the surest, {task}: at most {most:.2f}, "
                f"and {shares[-1][1]:.2f} of all.",
            )
        )
    return join(
        heading(task.replace("_", " ")),
        paragraph(_error(run, task)) if (task, "test", _ERROR) in run.rounds else "",
        element("div", *charts, class_="charts"),
    )


def _error(run: Run, task: str) -> str:
    error, low, high = (
        float(np.mean(run.rounds.get((task, "test", name), [np.nan])))
        for name in (_ERROR, _LOW, _HIGH)
    )
    told = f"Expected calibration error {error:.3f}"
    if np.isnan(low) or np.isnan(high):
        return f"{told}."
    verdict = "no more than chance brings" if error <= high else "more than chance"
    return (
        f"{told}: {verdict}, which for a model that can be believed gives {low:.3f} to "
        f"{high:.3f} on so many pictures."
    )


def _numbers(
    table: Mapping[str, list[str]], task: str, *columns: str
) -> list[tuple[float, ...]]:
    """Return the rows of a task that have all numbers."""
    rows = zip(table["task"], *(table[name] for name in columns), strict=True)
    return [tuple(map(float, cells)) for of_task, *cells in rows if of_task == task]
