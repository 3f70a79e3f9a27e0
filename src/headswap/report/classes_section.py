"""Every class: how many test images it has, and how well it is found."""

from headswap.artifacts.dataset.tasks import Task
from headswap.pages.blocks import heading, paragraph, table
from headswap.pages.cells import Cell, Meter, Written
from headswap.pages.elements import Markup, join
from headswap.pages.page import Section
from headswap.report.run import Run

_SCORES = ("precision", "recall", "f1")


def classes_section(run: Run) -> Section:
    """Return the section."""
    told = (
        "Scores of each class on the test part, the worst first"
        + (", as means over the rounds" if run.split.num_rounds > 1 else "")
        + ". A class of few images has a score of few images."
    )
    shown = [_of_task(run, task) for task in run.index.tasks]
    return Section("classes", "Every class", join(paragraph(told), *shown))


def _of_task(run: Run, task: Task) -> Markup:
    scores = (*_SCORES, "average_precision" if task.kind == "multilabel" else "auc")
    columns = (run.classes[name] for name in ("task", "part", "class", "support"))
    values = zip(*(run.classes[name] for name in scores), strict=True)
    found = [
        (name, support, numbers)
        for of_task, part, name, support, numbers in zip(*columns, values, strict=True)
        if of_task == task.name and part == "test"
    ]
    # Without a value, there is nothing to say of a class: those stand last.
    found.sort(key=lambda each: (each[2][2] == "", float(each[2][2] or 0), each[0]))
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            Meter(_number(numbers[2])),
            *(_cell(numbers[position]) for position in (0, 1, 3)),
            Written(f"{float(support):g}"),
        )
        for name, support, numbers in found
    ]
    last = "average precision" if task.kind == "multilabel" else "AUC"
    header = ["class", "F1", "precision", "recall", last, "test images"]
    caption = f"{len(rows):,} classes"
    return join(
        heading(task.name.replace("_", " ")),
        table(caption, header, rows, "See metrics/classes.csv."),
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _cell(text: str) -> Cell:
    return float(text) if text else ""
