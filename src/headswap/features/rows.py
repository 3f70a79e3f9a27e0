"""The rows of features: what pictures are after the frozen part, each computed once.

A row that the store has is taken from there. Its key stands for its pixels and for all
that the network below the cut depends on, so it serves any data set, split, strategy
and ensemble.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TypeVar

import numpy as np

from headswap.artifacts.storage.arrays import create_rows, write_rows
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError
from headswap.features.distant import compute_on_cluster
from headswap.features.parts import CutNetwork
from headswap.features.pictures import HASHED, Pictures, batches
from headswap.machine.cluster import cluster_address
from headswap.machine.disk import copied_beside, require_disk
from headswap.machine.parallel import map_in_order
from headswap.machine.progress import progress
from headswap.machine.speeds import measured
from headswap.machine.store import Store
from headswap.machine.store_writer import Writer
from headswap.params.features import Section

Item = TypeVar("Item")

# Batches of pictures, so that a GPU waits for none.
READ_AHEAD = 4


def _create(path: PathLike, shape: tuple[int, ...], dtype: str, store: Store) -> None:
    """Create the file, where the disk has room; let the store leave some for it."""
    num_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    require_disk(path, num_bytes, f"{shape[0]} features")
    store.leaving += copied_beside(path, num_bytes, store.folder)
    create_rows(path, shape, dtype)


def write_pixels(path: PathLike, pictures: Pictures, size: int, store: Store) -> None:
    """Write the pictures themselves, for a network that is cut at its input."""
    _create(path, (len(pictures), size, size, 3), "uint8", store)
    for rows in batches(np.arange(len(pictures)), HASHED):
        write_rows(path, rows, pictures.at_size(rows, size))


def write_features(
    path: PathLike,
    pictures: Pictures,
    hashes: Sequence[bytes],
    network: CutNetwork,
    store: Store,
    options: Section,
    libraries: Mapping[str, str | None],
) -> None:
    """Write the output of the part below the cut for every row.

    Args:
        path: of the folder of rows, (rows, ...) in the precision of the options.
        pictures: of the rows.
        hashes: of the pictures.
        network: cut; built only if a row is missing.
        store: where rows may be, and where new ones go.
        options: how the features are computed.
        libraries: versions of those that compute, which a cluster has to have too.
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
    computed = _compute(network, pictures, firsts, store, options, libraries)
    with (
        store.writer("features") as writer,
        progress(what="features", total=len(firsts), unit="image") as bar,
    ):
        kept = _keep(computed, list(missing), dtype, network, writer)
        pairs = zip(missing.values(), kept, strict=True)
        for some in _in_batches(pairs, options.batch_size):
            equal_rows, values = zip(*some, strict=True)
            counts = [len(rows) for rows in equal_rows]
            write_rows(path, np.concatenate(equal_rows), np.repeat(values, counts, 0))
            bar.update(len(some))


def _in_batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    remaining = iter(items)
    while some := list(islice(remaining, size)):
        yield some


def _keep(
    features: Iterable[np.ndarray],
    keys: Sequence[bytes],
    dtype: np.dtype,
    network: CutNetwork,
    writer: Writer,
) -> Iterator[np.ndarray]:
    """Yield features as they are cached, each in the store as soon as it is there.

    Args:
        features: as they are computed, float32 each.
        keys: of each, in the store.
        dtype: that they are cached in.
        network: that they are of.
        writer: to the store.
    """
    for feature, key in zip(features, keys, strict=True):
        _require_range(feature, dtype, network.facts["cut_after"])
        cached = feature.astype(dtype)
        writer.put(key, cached.tobytes())
        yield cached


def _compute(
    network: CutNetwork,
    pictures: Pictures,
    rows: np.ndarray,
    store: Store,
    options: Section,
    libraries: Mapping[str, str | None],
) -> Iterator[np.ndarray]:
    """Return the features of some rows, here or on the cluster that is asked for."""
    if address := cluster_address():
        return compute_on_cluster(address, network, pictures, rows, options, libraries)

    def read(some: np.ndarray) -> np.ndarray:
        return pictures.at_size(some, network.image_size)

    read_ahead = map_in_order(read, batches(rows, options.batch_size), READ_AHEAD)
    computed = network.run(chain.from_iterable(read_ahead))
    return measured(computed, store, network.speed, options.batch_size)


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
