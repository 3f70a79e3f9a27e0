"""How many images of each class are in each part, as a table and as a picture."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import PARTS, Split
from headswap.artifacts.storage.tables import PathLike
from headswap.split.lettering import LITERAL, drawn, letters_of

PART_COLORS = {"train": "#4c72b0", "validation": "#dd8452", "test": "#55a868"}
# No class can have this name.
NO_LABEL = ""
# More bars of one task, or of all, are more than anybody looks at.
MAX_BARS = 100
MAX_BARS_IN_ALL = 400
# What a histogram is as high as, and its steps.
HISTOGRAM_ROWS = 15
MAX_STEPS = 40


def count_classes(index: Index, split: Split) -> list[tuple[str, str, str, int]]:
    """Return (task, class, part, images) of the first round, for every class.

    Where images have no label of a task, they are counted as those of the class "".
    """
    counts = []
    for task in index.tasks:
        targets = task.targets(index.cells[task.name])
        without = ~task.is_labelled(targets)
        for part in PARTS:
            is_part = split.parts[0] == part
            names, per_class = task.class_names, targets.counts(is_part)
            if without.any():
                names = (*names, NO_LABEL)
                per_class = np.append(per_class, (without & is_part).sum())
            counts += [
                (task.name, class_name, part, int(count))
                for class_name, count in zip(names, per_class, strict=True)
            ]
    return counts


def draw_class_counts(
    path: PathLike, counts: Sequence[tuple[str, str, str, int]]
) -> None:
    """Draw the images a class and part, one panel a task.

    Stacked bars, one a class; of more classes than can be looked at, how many have how
    many images.

    Args:
        path: of the PNG.
        counts: (task, class, part, images).
    """
    # Here, because it takes longer to start than all else of the stage; without pyplot,
    # which would load what shows figures on screens.
    from matplotlib.figure import Figure

    tasks = list(dict.fromkeys(task for task, _, _, _ in counts))
    classes = {
        task: list(dict.fromkeys(label for name, label, _, _ in counts if name == task))
        for task in tasks
    }
    with_bars = {task for task in tasks if len(classes[task]) <= MAX_BARS}
    # The largest go first where all together are too many.
    for task in sorted(with_bars, key=lambda task: -len(classes[task])):
        if sum(len(classes[each]) for each in with_bars) > MAX_BARS_IN_ALL:
            with_bars.remove(task)
    labels = {
        task: [drawn(name or "(no label)") for name in classes[task]]
        for task in with_bars
    }
    heights = [
        1.0 + 0.22 * (len(classes[task]) if task in with_bars else HISTOGRAM_ROWS)
        for task in tasks
    ]
    with letters_of((name for names in labels.values() for name in names), path):
        figure = Figure(figsize=(8, sum(heights)), layout="constrained")
        panels = figure.subplots(len(tasks), height_ratios=heights, squeeze=False)
        for task, panel in zip(tasks, panels[:, 0], strict=True):
            per_part = {
                part: [n for name, _, p, n in counts if (name, p) == (task, part)]
                for part in PART_COLORS
            }
            if task in with_bars:
                _draw_bars(panel, labels[task], per_part)
                panel.set_title(f"{task}: images a class and part", **LITERAL)
            else:
                _draw_histogram(panel, per_part)
                num_classes = len(classes[task])
                panel.set_title(
                    f"{task}: {num_classes:,} classes, by their images",
                    **LITERAL,
                )
            panel.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize="small")
        figure.savefig(path, dpi=100, metadata={"Software": None})


def _draw_bars(
    panel: Any, labels: Sequence[str], per_part: Mapping[str, Sequence[int]]
) -> None:
    # By number, because names that are drawn alike would share a bar.
    rows, left = np.arange(len(labels)), np.zeros(len(labels))
    for part, width in per_part.items():
        panel.barh(rows, width, left=left, color=PART_COLORS[part], label=part)
        left += width
    panel.set_yticks(rows, labels, **LITERAL)
    panel.set_ylim(len(labels) - 0.5, -0.5)
    panel.set_xlabel("images")


def _draw_histogram(panel: Any, per_part: Mapping[str, Sequence[int]]) -> None:
    most = max(max(images) for images in per_part.values())
    # Whole images a step, so that each step holds as many numbers.
    step = -(-(most + 1) // MAX_STEPS)
    edges = np.arange(0, most + 1 + step, step) - 0.5
    panel.hist(
        list(per_part.values()),
        edges,
        color=list(PART_COLORS.values()),
        label=list(per_part),
    )
    panel.set_xlabel("images a class")
    panel.set_ylabel("classes")
