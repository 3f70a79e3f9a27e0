"""Which classes are taken for which, the mistakes that cost most first."""

import numpy as np

from headswap.artifacts.dataset.tasks import Task
from headswap.pages.blocks import heading, paragraph, table
from headswap.pages.cells import Cell, Share, Written
from headswap.pages.charts import square
from headswap.pages.elements import Markup, join
from headswap.pages.page import Section
from headswap.report.run import Run
from headswap.statistics.seriation import order_confused

# A square of more classes cannot be read; a list can.
MAX_DRAWN = 40
MAX_LISTED = 30


def confusions_section(run: Run) -> Section:
    """Return the section."""
    shown = [_of_task(run, task) for task in run.index.tasks]
    rounds = run.split.num_rounds
    told = (
        "Test images of the only round."
        if rounds == 1
        else (f"Test images of all {rounds} rounds, counted once a round.")
    )
    return Section(
        "confusions", "Mistakes that cost most", join(paragraph(told), *shown)
    )


def _of_task(run: Run, task: Task) -> Markup:
    pairs = run.confusions.get(task.name, [])
    wrong = [pair for pair in pairs if pair[0] != pair[1]]
    wrong.sort(key=lambda pair: -pair[2])
    title = heading(task.name.replace("_", " "))
    if not wrong:
        told = "Every test image is right." if pairs else "No test image has a label."
        return join(title, paragraph(told))
    total: dict[str, int] = {}
    for actual, _, images in pairs:
        total[actual] = total.get(actual, 0) + images
    num_wrong = sum(images for *_, images in wrong)
    listed = wrong[:MAX_LISTED]
    rows: list[tuple[Cell, ...]] = [
        (
            actual,
            predicted,
            Share(images, wrong[0][2]),
            Written(f"{100 * images / total[actual]:.0f} %"),
        )
        for actual, predicted, images in listed
    ]
    covered = sum(images for *_, images in listed)
    caption = f"{num_wrong:,} mistake{'s' * (num_wrong > 1)}" + (
        f", {100 * covered / num_wrong:.0f} % of them in these rows"
        if len(listed) < len(wrong)
        else ""
    )
    made = table(caption, ["it shows", "taken for", "images", "of what it shows"], rows)
    more = len(wrong) - len(listed)
    rest = f"And {more:,} more pairs. See metrics/confusion.csv."
    return join(
        title,
        _square(task, pairs),
        made,
        paragraph(rest, kind="quiet") if more else "",
    )


def _square(task: Task, pairs: list[tuple[str, str, int]]) -> Markup:
    if task.kind == "multilabel":
        return Markup("")
    present = {name for *both, _ in pairs for name in both}
    names = [name for name in task.class_names if name in present]
    if not 2 <= len(names) <= MAX_DRAWN:
        return Markup("")
    counts = np.zeros((len(names), len(names)), int)
    for actual, predicted, images in pairs:
        if actual in names and predicted in names:
            counts[names.index(actual), names.index(predicted)] = images
    order = order_confused(counts)
    right = np.trace(counts) / max(counts.sum(), 1)
    return square(
        [names[number] for number in order],
        counts[np.ix_(order, order)],
        f"Share of each class of {task.name} taken for each class; "
        f"{100 * right:.0f} % are on the diagonal, which is right. "
        "The table below lists what is not.",
    )
