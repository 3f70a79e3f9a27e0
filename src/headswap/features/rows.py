"""The rows of features: what pictures are after the frozen part, each computed once.

A row that the store has is taken from there. Its key stands for its pixels and for all
that the network below the cut depends on, so it serves any data set, split, strategy
and ensemble.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from headswap.artifacts.storage.arrays import Rows, create_rows, num_rows, write_rows
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError
from headswap.features.parts import CutNetwork
from headswap.machine.capacity import copied_beside, require_disk
from headswap.machine.parallel import map_in_order
from headswap.machine.progress import progress
from headswap.machine.speeds import measured
from headswap.machine.store import Store
from headswap.params.features import PLAIN, Section
from headswap.pictures.resize import squash
from headswap.pictures.views import VIEWS

# Pictures that are hashed at a time.
_HASHED = 64


class Source(NamedTuple):
    """Pictures in one view.

    Attributes:
        file: `.npy` of (N, S, S, 3) uint8 RGB.
        view: one of `VIEWS`.
    """

    file: PathLike
    view: str


class Pictures:
    """The pictures of all rows, read when asked for.

    Args:
        sources: of the rows, in their order.
    """

    def __init__(self, sources: Sequence[Source]):
        self._rows = Rows([source.file for source in sources])
        counts = [num_rows(source.file) for source in sources]
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

        parts = map_in_order(hash_part, batches(np.arange(len(self)), _HASHED))
        return [each for part in parts for each in part]


def batches(rows: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    """Yield the positions in batches, the last one may be smaller."""
    for start in range(0, len(rows), batch_size):
        yield rows[start : start + batch_size]


def _create(path: PathLike, shape: tuple[int, ...], dtype: str, store: Store) -> None:
    """Create the file, where the disk has room; let the store leave some for it."""
    num_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    require_disk(path, num_bytes, f"{shape[0]} features")
    store.leaving += copied_beside(path, num_bytes, store.folder)
    create_rows(path, shape, dtype)


def write_pixels(path: PathLike, pictures: Pictures, size: int, store: Store) -> None:
    """Write the pictures themselves, for a network that is cut at its input."""
    _create(path, (len(pictures), size, size, 3), "uint8", store)
    for rows in batches(np.arange(len(pictures)), _HASHED):
        write_rows(path, rows, pictures.at_size(rows, size))


def write_features(
    path: PathLike,
    pictures: Pictures,
    hashes: Sequence[bytes],
    network: CutNetwork,
    store: Store,
    options: Section,
) -> None:
    """Write the output of the part below the cut for every row.

    Args:
        path: of the `.npy` file, (rows, ...) in the precision of the options.
        pictures: of the rows.
        hashes: of the pictures.
        network: cut; built only if a row is missing.
        store: where rows may be, and where new ones go.
        options: how the features are computed.
    """
    dtype = np.dtype(options.cached_dtype)
    shape = (len(pictures), *(network.row_shape or ()))
    _create(path, shape, options.cached_dtype, store)
    missing: dict[bytes, list[int]] = {}
    for rows in batches(np.arange(len(pictures)), options.batch_size):
        keys = [hashlib.sha256(network.name + hashes[row]).digest() for row in rows]
        found = [store.get(key) for key in keys]
        for row, key, content in zip(rows, keys, found, strict=True):
            if content is None:
                missing.setdefault(key, []).append(int(row))
        here = [number for number, content in enumerate(found) if content is not None]
        if here:
            stored = b"".join(content for content in found if content is not None)
            values = np.frombuffer(stored, dtype).reshape(len(here), *shape[1:])
            write_rows(path, rows[here], values)
    if not missing:
        return
    # Equal pictures are one.
    firsts = np.array([rows[0] for rows in missing.values()])
    computed = network.run(
        picture
        for rows in batches(firsts, options.batch_size)
        for picture in pictures.at_size(rows, network.image_size)
    )
    computed = measured(computed, store, network.speed, options.batch_size)
    with (
        store.writer("features") as writer,
        progress(what="features", total=len(firsts), unit="image") as bar,
    ):
        for feature, (key, equal) in zip(computed, missing.items(), strict=True):
            _require_range(feature, dtype, network.facts["cut_after"])
            cached = feature.astype(dtype)
            writer.put(key, cached.tobytes())
            write_rows(path, np.array(equal), cached)
            bar.update()


def _require_range(feature: np.ndarray, dtype: np.dtype, layer_name: str) -> None:
    """Check that a feature can be cached in a precision.

    Raises:
        InputError: a value that is no finite number, or that 16 bits cannot hold.
    """
    largest = np.abs(feature).max()
    if not np.isfinite(largest):
        raise InputError(
            f"features: every feature after {layer_name} must be finite, got "
            f"{largest}. Check the weights file (backbone.weights)."
        )
    if largest > np.finfo(dtype).max:
        raise InputError(
            f"params.yaml: features.precision must be float32 for a cut after "
            f"{layer_name}, got {dtype}, which cannot hold {largest:.6g}. Set "
            "features.precision=float32, or cut elsewhere (backbone.unfreeze)."
        )
