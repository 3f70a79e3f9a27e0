"""Columns of numbers in tables, as arrays."""

from collections.abc import Sequence

import numpy as np


def integers(cells: Sequence[str]) -> np.ndarray:
    """Return a column of few different whole numbers, (N,) int."""
    known = {cell: int(cell) for cell in set(cells)}
    return np.fromiter(map(known.__getitem__, cells), int, len(cells))
