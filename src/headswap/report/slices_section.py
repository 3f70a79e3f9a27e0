"""How often answers are right, apart by camera, site or the like."""

from headswap.pages.blocks import heading, paragraph, table
from headswap.pages.cells import Cell, Span, Written
from headswap.pages.elements import Markup, join
from headswap.pages.page import Section
from headswap.report.run import Run

_COLUMNS = ("slice", "task", "value", "images", "score", "low", "high", "method")


def slices_section(run: Run) -> Section:
    """Return the section."""
    told = (
        "The share of the test images that are right, the worst first. Of many slices "
        "some are low by chance: look at the intervals, not at the order alone."
    )
    shown = [
        _of_slice(run, name, task.name)
        for name in run.index.slices
        for task in run.index.tasks
    ]
    return Section("slices", "Every slice", join(paragraph(told), *shown))


def _number(text: str) -> float | None:
    return float(text) if text else None


def _of_slice(run: Run, name: str, task: str) -> Markup:
    found = [
        cells
        for of_slice, of_task, *cells in zip(
            *(run.slices[column] for column in _COLUMNS), strict=True
        )
        if (of_slice, of_task) == (name, task)
    ]
    found.sort(key=lambda cells: (float(cells[2]), cells[0]))
    rows: list[tuple[Cell, ...]] = [
        (
            value or "not known",
            Written(images),
            Written(f"{float(score):.3f}"),
            Span(float(score), _number(low), _number(high)),
            Written(f"{float(low):.3f} to {float(high):.3f}") if low else method,
        )
        for value, images, score, low, high, method in found
    ]
    header = [name, "test images", "right", "0 to 1", "95 % interval"]
    return join(
        heading(f"{name}: {task.replace('_', ' ')}"),
        table(f"{len(rows):,} values", header, rows, "See metrics/slices.csv."),
    )
