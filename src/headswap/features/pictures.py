"""The pictures of all rows of features, in their views, read when asked for."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from headswap.artifacts.storage.arrays import Rows, num_rows
from headswap.artifacts.storage.tables import PathLike
from headswap.machine.parallel import map_in_order
from headswap.params.features import PLAIN
from headswap.pictures.resize import squash
from headswap.pictures.views import VIEWS

# Pictures that are hashed at a time.
HASHED = 64


class Source(NamedTuple):
    """Pictures in one view.

    Attributes:
        file: the folder of rows, (N, S, S, 3) uint8 RGB.
        view: one of `VIEWS`.
    """

    file: PathLike
    view: str


class Pictures:
    """The pictures of all rows, read when asked for.

    Args:
        sources: of the rows, in their order.

    Attributes:
        folders: of the sources.
        size: the side of a picture, in pixels.
        has_views: whether a source is in another view than the plain one.
    """

    def __init__(self, sources: Sequence[Source]):
        # Another machine has another folder to start from.
        self.folders = [Path(source.file).absolute() for source in sources]
        self._rows = Rows(self.folders)
        counts = [num_rows(folder) for folder in self.folders]
        self._views = np.repeat([source.view for source in sources], counts)
        self.size: int = self._rows.row_shape[0]
        self.has_views = any(source.view != PLAIN for source in sources)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """Return the pictures at the given positions, (B, S, S, 3) uint8."""
        pictures = self._rows[rows]
        views = self._views[rows]
        for view in np.unique(views):
            pictures[views == view] = VIEWS[view](pictures[views == view])
        return pictures

    def at_size(self, rows: np.ndarray, size: int) -> np.ndarray:
        """Return them at another size, (B, size, size, 3) uint8."""
        pictures = self[rows]
        if size == self.size:
            return pictures
        return np.stack([squash(picture, size) for picture in pictures])

    def hashes(self) -> list[bytes]:
        """Return the SHA-256 of the pixels of each."""

        def hash_part(rows: np.ndarray) -> list[bytes]:
            return [hashlib.sha256(picture).digest() for picture in self[rows]]

        parts = map_in_order(hash_part, batches(np.arange(len(self)), HASHED))
        return [each for part in parts for each in part]


def batches(rows: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    """Yield the positions in batches, the last one may be smaller."""
    for start in range(0, len(rows), batch_size):
        yield rows[start : start + batch_size]
