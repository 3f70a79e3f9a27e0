"""The pictures a model gets wrong, and those it is least sure of."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from headswap.artifacts.features.cache import Features
from headswap.artifacts.storage.arrays import Rows
from headswap.pages.blocks import heading, paragraph
from headswap.pages.cases import Case, Like, cases
from headswap.pages.elements import Markup, join
from headswap.pages.page import Section
from headswap.pages.thumbnails import Thumbnails
from headswap.report.neighbours import find_nearest
from headswap.report.run import Answer, Run

# Of all tasks together.
MAX_WRONG, MAX_UNSURE = 60, 30
NUM_NEAREST = 3
# Log odds of an answer that nobody needs to look at, here 10 to 1; and how many are
# shown all the same.
SURE, FEW = 2.3, 3
# Letters of HTML for all pictures of the page, which is to stay below 10 MB.
ROOM = 5_000_000
# Pixels a side of a picture that stands beside another.
SMALL = 96


def gallery_sections(run: Run, prepared: Path, features: Features) -> list[Section]:
    """Return the section on wrong pictures and the one on unsure ones."""
    names = [task.name for task in run.index.tasks if run.answers[task.name]]
    share = max(len(names), 1)
    wrong = {name: most_sure_mistakes(run.answers[name]) for name in names}
    shown = {name: each[: max(1, MAX_WRONG // share)] for name, each in wrong.items()}
    unsure = {
        name: least_sure(run.answers[name], shown[name])[: max(1, MAX_UNSURE // share)]
        for name in names
    }
    rows = sorted(
        {each.row for found in (shown, unsure) for v in found.values() for each in v}
    )
    train = np.flatnonzero(run.split.parts[0] == "train")
    nearest = find_nearest(features, run.index, rows, train, NUM_NEAREST)
    make = _case_maker(run, prepared, nearest)
    told = (
        "Test pictures whose label differs from what was predicted, the surest mistake "
        "first: a wrong label, or a model that is sure of the wrong thing."
    )
    if run.split.num_rounds > 1:
        told += " They are those of the first round."
    if not any(nearest.values()) and rows:
        told += (
            " Nearest training pictures are not shown: the features are pixels, or "
            "those of random weights."
        )
    elif rows:
        told += (
            " Below each, the training pictures whose features are nearest: they "
            "show what the network takes it for."
        )
    return [
        Section(
            "wrong",
            "Pictures it gets wrong",
            join(
                paragraph(told),
                *(
                    _of_task(name, shown[name], len(wrong[name]), make, "wrong")
                    for name in names
                ),
            ),
        ),
        Section(
            "unsure",
            "Pictures it is least sure of",
            join(
                paragraph(
                    "Test pictures not shown above, the least sure answer first, "
                    "right or wrong. More training pictures like these help most."
                ),
                *(
                    _of_task(name, unsure[name], len(unsure[name]), make, "unsure")
                    for name in names
                ),
            ),
        ),
    ]


def most_sure_mistakes(answers: Sequence[Answer]) -> list[Answer]:
    """Return the wrong answers, the surest first."""
    wrong = [each for each in answers if each.is_wrong]
    return sorted(wrong, key=lambda each: (-each.sureness, each.row))


def least_sure(answers: Sequence[Answer], without: Sequence[Answer]) -> list[Answer]:
    """Return the unsure answers that are not among others, the least sure first.

    The first few are returned, however sure they are.
    """
    left_out = {each.row for each in without}
    rest = [each for each in answers if each.row not in left_out]
    rest.sort(key=lambda each: (each.sureness, each.row))
    unsure = sum(each.sureness < SURE for each in rest)
    return rest[: max(unsure, FEW)]


def _case_maker(
    run: Run, prepared: Path, nearest: dict[int, list[int]]
) -> Callable[[str, Answer], Case]:
    images = Rows([prepared / "images"])
    thumbnails = Thumbnails(ROOM)
    index = run.index

    def picture(row: int, side: int | None = None) -> str | None:
        return thumbnails(lambda: images[np.array([row])][0], side)

    def make(task: str, answer: Answer) -> Case:
        cells = index.cells[task]
        return Case(
            picture(answer.row),
            readable(answer.actual),
            readable(answer.predicted),
            answer.told,
            index.paths[answer.row],
            [
                Like(
                    picture(row, SMALL),
                    readable(cells[row]),
                    cells[row] == answer.actual,
                )
                for row in nearest[answer.row]
            ],
        )

    return make


def readable(cell: str) -> str:
    """Return a cell of `index.csv` for people."""
    return cell.replace("|", ", ") or "none of the classes"


def _of_task(
    name: str,
    shown: Sequence[Answer],
    number: int,
    make: Callable[[str, Answer], Case],
    kind: str,
) -> Markup:
    title = name.replace("_", " ")
    if not shown:
        told = "No test picture is wrong." if kind == "wrong" else "None is left."
        return join(heading(title), paragraph(told))
    hidden = number - len(shown)
    rest = f"And {hidden:,} more. See metrics/predictions.csv."
    return join(
        heading(f"{title}: {number:,} wrong" if kind == "wrong" else title),
        cases([make(name, each) for each in shown]),
        paragraph(rest, kind="quiet") if hidden else "",
    )
