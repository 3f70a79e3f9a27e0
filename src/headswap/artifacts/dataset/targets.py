"""The classes of many images, as numbers until something needs a matrix of 0 and 1.

A million images of a thousand classes take 4 GB as a matrix and 12 MB here.
"""

from functools import cached_property

import numpy as np


class Targets:
    """The classes of N images; rows of the matrix are made when asked for.

    Args:
        starts: where the classes of each image begin, and the end, (N + 1,) int.
        classes: of one image after the other, each class of it once, int.
        num_classes: C, the columns of the matrix.
    """

    def __init__(self, starts: np.ndarray, classes: np.ndarray, num_classes: int):
        self._starts, self._classes = starts, classes
        self.num_classes = num_classes

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """Return rows of the matrix, (len(rows), C) float32 of 0 and 1.

        Args:
            rows: positions, int, or which ones, (N,) bool.
        """
        chosen = self.take(rows)
        matrix = np.zeros((len(chosen), self.num_classes), np.float32)
        matrix[chosen._images, chosen._classes] = 1
        return matrix

    def take(self, rows: np.ndarray) -> "Targets":
        """Return the classes of the images at some positions, or of those chosen."""
        rows = np.arange(len(self))[rows]
        first, lengths = self._starts[rows], np.diff(self._starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        # Of each class, how far behind the first one of its image it stands.
        behind = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
        classes = self._classes[np.repeat(first, lengths) + behind]
        return Targets(starts, classes, self.num_classes)

    @property
    def has_any(self) -> np.ndarray:
        """Whether each image has a class, (N,) bool."""
        return np.diff(self._starts) > 0

    @property
    def first_classes(self) -> np.ndarray:
        """The first class of each image, (N,) int; 0 where it has none."""
        result = np.zeros(len(self), int)
        result[self.has_any] = self._classes[self._starts[:-1][self.has_any]]
        return result

    def counts(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return how many images each class has, (C,) int; all of them, or of rows."""
        chosen = self if rows is None else self.take(rows)
        return np.bincount(chosen._classes, minlength=self.num_classes)

    def images_of(self, number: int) -> np.ndarray:
        """Return the positions of the images of a class, ascending, int."""
        order, ends = self._by_class
        return order[ends[number] : ends[number + 1]]

    def highest(self, values: np.ndarray, least: float) -> np.ndarray:
        """Return the highest of some values of its classes an image, (N,).

        Args:
            values: of each class, (C,).
            least: the result is no lower.
        """
        result = np.full(len(self), least, float)
        np.maximum.at(result, self._images, values[self._classes])
        return result

    @cached_property
    def _images(self) -> np.ndarray:
        """The image of each of the classes."""
        return np.repeat(np.arange(len(self)), np.diff(self._starts))

    @cached_property
    def _by_class(self) -> tuple[np.ndarray, np.ndarray]:
        order = self._images[np.argsort(self._classes, kind="stable")]
        return order, np.concatenate([[0], np.cumsum(self.counts())])


# What asks for rows, and whether they have a class, takes the matrix too.
AnyTargets = Targets | np.ndarray
