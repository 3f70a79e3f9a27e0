"""The suspects as a section of the data report, those of the test part apart."""

from collections.abc import Sequence

from headswap.inspect.found import Found
from headswap.inspect.pictures import Pictures
from headswap.inspect.suspects import Suspect
from headswap.pages.blocks import code, gallery, heading, paragraph
from headswap.pages.elements import Markup, join
from headswap.pages.page import Section

# Shown of all tasks together, for each of the two lists.
MAX_SHOWN = 120
MAX_TASKS = 12
REST = "See data/report/suspects.csv."


def suspects_section(
    found: Found,
    networks: Sequence[str],
    suspects: Sequence[Suspect],
    pictures: Pictures,
) -> Section:
    """Return the section.

    Args:
        found: what is known of the images.
        networks: whose features the heads were fitted to.
        suspects: of all tasks, for each the least likely label first.
        pictures: makes the figures.
    """
    title = "Suspect labels"
    if not networks:
        reason = (
            "Nothing is suspected: a label is judged by a linear head on features of a "
            "pretrained network, and here the cut lies at the pixels, or the network "
            "has random weights. A run with backbone.unfreeze=0 and pretrained weights "
            "brings suspects."
        )
        return Section("suspects", title, paragraph(reason))
    told = join(
        paragraph(
            "Every label was judged by a linear head on frozen features of "
            f"{' and '.join(networks)} that had seen neither the picture nor its "
            "group. Those it contradicts are listed, the least likely label first. "
            "The list is an order to look in, and no count of wrong labels: many of "
            "these labels are right."
        ),
        paragraph(
            "All of them are in ",
            code("data/report/suspects.csv"),
            ". To correct some: copy the file, delete the rows you do not want to act "
            "on, write ",
            code("relabel"),
            " or ",
            code("exclude"),
            " under ",
            code("action"),
            ", and where ",
            code("class"),
            " (what the head says) is not the right one, write what is. Then set ",
            code("data.corrections"),
            " to your file. Your pictures stay as they are.",
        ),
    )
    parts = found.split.parts[0]
    test = [each for each in suspects if parts[each.row] == "test"]
    other = [each for each in suspects if parts[each.row] != "test"]
    body = join(
        told,
        _by_task(found, other, pictures, ""),
        paragraph(
            "The pictures below are in the test part of the first round. Correct "
            "them by looking, not because the model disagrees: a test part that is "
            "corrected towards a model makes it look better than it is.",
            kind="note",
        )
        if test
        else "",
        _by_task(found, test, pictures, ", test part"),
    )
    return Section("suspects", title, body)


def _by_task(
    found: Found, suspects: Sequence[Suspect], pictures: Pictures, suffix: str
) -> Markup:
    """Return a heading and a gallery a task."""
    made: list[Markup] = []
    tasks = found.index.tasks
    shown = MAX_SHOWN // min(len(tasks), MAX_TASKS)
    for task in tasks[:MAX_TASKS]:
        of_task = [each for each in suspects if each.task == task.name]
        if not of_task:
            if not suffix:
                made.append(heading(task.name))
                made.append(paragraph("No label is contradicted."))
            continue
        figures = [
            pictures.figure(
                each.row,
                each.label,
                (
                    f"looks like {each.likely}",
                    f"the label is {100 * each.probability:.1f} % likely",
                ),
            )
            for each in of_task[:shown]
        ]
        made.append(heading(f"{task.name}{suffix}: {len(of_task):,} contradicted"))
        made.append(gallery(figures, len(of_task) - len(figures), REST))
    return join(*made)
