"""The pictures of the data report, with what is said of each.

In: rows of the index, or numbers of conflicts. Out: figures and groups of figures. All
share the room that a page has for pictures.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.conflicts import IMAGES
from headswap.artifacts.storage.arrays import Rows
from headswap.inspect.found import Found
from headswap.pages.blocks import Figure, together
from headswap.pages.elements import Markup
from headswap.pages.thumbnails import Thumbnails

# Of one group.
MAX_SHOWN = 8


class Pictures:
    """Makes figures of images.

    Args:
        found: what is known of them.
        prepared: the prepared folder.
    """

    def __init__(self, found: Found, prepared: Path):
        self._found = found
        self._images = Rows([prepared / "images"])
        self._conflicts = Rows([prepared / IMAGES])
        self._thumbnails = Thumbnails()

    def figure(
        self, row: int, label: str | None = None, remarks: tuple[str, ...] = ()
    ) -> Figure:
        """Return an image as a figure.

        Args:
            row: of the image.
            label: what stands first below it; its labels, where nothing is given.
            remarks: what stands below that.
        """
        index = self._found.index
        cells = [index.cells[task.name][row] for task in index.tasks]
        return self._figure(
            self._images, row, index.paths[row], label or _labels(cells), remarks
        )

    def group(self, title: str, rows: Sequence[int], with_part: bool = False) -> Markup:
        """Return images that belong together.

        Args:
            title: what they are.
            rows: of the images.
            with_part: whether the given part is said of each.
        """
        parts = self._found.index.given_parts
        figures = [
            self.figure(row, remarks=(parts[row] or "no part",) if with_part else ())
            for row in rows[:MAX_SHOWN]
        ]
        return together(title, figures, len(rows) - len(figures))

    def conflict_group(self, numbers: Sequence[int]) -> Markup:
        """Return files of one picture that stand under several classes.

        Args:
            numbers: of the conflicts.
        """
        conflicts = self._found.conflicts
        figures = [
            self._figure(
                self._conflicts,
                number,
                conflicts[number].path,
                _labels(conflicts[number].cells),
                (),
            )
            for number in numbers[:MAX_SHOWN]
        ]
        title = f"{len(numbers):,} files of one picture"
        return together(title, figures, len(numbers) - len(figures))

    def _figure(
        self, source: Rows, row: int, path: str, label: str, remarks: tuple[str, ...]
    ) -> Figure:
        return Figure(
            self._thumbnails(lambda: source[np.array([row])][0]),
            f"Picture labelled {label}",
            label,
            path,
            remarks,
        )


def _labels(cells: Sequence[str]) -> str:
    return ", ".join(cell or "no label" for cell in cells)
