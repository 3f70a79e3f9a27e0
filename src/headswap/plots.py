"""Pictures for people: class counts and contact sheets."""

from collections.abc import Iterable, Sequence

import matplotlib
import numpy as np
from PIL import Image

from headswap.tables import PathLike

matplotlib.use("Agg")
from matplotlib import pyplot

PART_COLORS = {"train": "#4c72b0", "validation": "#dd8452", "test": "#55a868"}


def draw_class_counts(
    path: PathLike, counts: Sequence[tuple[str, str, str, int]]
) -> None:
    """Draw stacked bars of the images a class and part, one panel a task.

    Args:
        path: of the PNG.
        counts: (task, class, part, images).
    """
    tasks = list(dict.fromkeys(task for task, _, _, _ in counts))
    classes = {
        task: list(dict.fromkeys(label for name, label, _, _ in counts if name == task))
        for task in tasks
    }
    heights = [1.0 + 0.22 * len(classes[task]) for task in tasks]
    figure, panels = pyplot.subplots(
        len(tasks),
        figsize=(8, sum(heights)),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
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
    pyplot.close(figure)


def draw_contact_sheet(path: PathLike, rows: Iterable[np.ndarray]) -> None:
    """Draw pictures side by side, one row an original and its versions.

    Originals without versions share a row.

    Args:
        path: of the PNG.
        rows: (versions, H, W, 3) uint8, all of one size.
    """
    pictures = list(rows)
    if all(len(row) == 1 for row in pictures):
        pictures = [np.concatenate(pictures)]
    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in pictures])
    Image.fromarray(sheet).save(path)
