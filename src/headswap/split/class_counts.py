"""How many images of each class are in each part, as a table and as a picture."""

from collections.abc import Sequence

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import PARTS, Split
from headswap.artifacts.storage.tables import PathLike

PART_COLORS = {"train": "#4c72b0", "validation": "#dd8452", "test": "#55a868"}


def count_classes(index: Index, split: Split) -> list[tuple[str, str, str, int]]:
    """Return (task, class, part, images) of the first round, for every class."""
    counts = []
    for task in index.tasks:
        targets = task.encode(index.cells[task.name])
        for part in PARTS:
            per_class = targets[split.parts[0] == part].sum(axis=0)
            counts += [
                (task.name, class_name, part, int(count))
                for class_name, count in zip(task.class_names, per_class, strict=True)
            ]
    return counts


def draw_class_counts(
    path: PathLike, counts: Sequence[tuple[str, str, str, int]]
) -> None:
    """Draw stacked bars of the images a class and part, one panel a task.

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
    heights = [1.0 + 0.22 * len(classes[task]) for task in tasks]
    figure = Figure(figsize=(8, sum(heights)), layout="constrained")
    panels = figure.subplots(len(tasks), height_ratios=heights, squeeze=False)
    for task, panel in zip(tasks, panels[:, 0], strict=True):
        left = np.zeros(len(classes[task]))
        for part, color in PART_COLORS.items():
            width = [n for name, _, p, n in counts if (name, p) == (task, part)]
            panel.barh(classes[task], width, left=left, color=color, label=part)
            left += width
        panel.set_ylim(len(classes[task]) - 0.5, -0.5)
        panel.set_title(f"{task}: images a class and part")
        panel.set_xlabel("images")
        panel.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize="small")
    figure.savefig(path, dpi=100, metadata={"Software": None})
