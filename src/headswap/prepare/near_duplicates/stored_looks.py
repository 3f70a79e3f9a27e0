"""Looks of prepared pictures, each taken once: what was looked at is in the store."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from headswap.artifacts.storage.tables import PathLike
from headswap.machine.fingerprint import hash_code, hash_text
from headswap.machine.store import open_store
from headswap.params.prepare import Section
from headswap.pictures.decode import Picture
from headswap.prepare.near_duplicates.looks import (
    LOOK_BYTES,
    Looks,
    join_looks,
    look_at,
)


def find_looks(
    images: PathLike,
    rows: np.ndarray,
    pictures: Sequence[Picture],
    options: Section,
    libraries: Mapping[str, str],
) -> Looks:
    """Return the looks of prepared pictures.

    Args:
        images: the folder of rows.
        rows: of the N pictures there.
        pictures: what the N files were decoded to; their pixels are not asked for.
        options: how they were prepared.
        libraries: versions of those that decode and compute.
    """
    code = hash_code(["headswap.prepare.near_duplicates.looks"])
    name = hash_text([code, libraries, options]).encode()
    keys = [
        hashlib.sha256(name + picture.content_hash.encode()).digest()
        for picture in pictures
    ]
    with open_store() as store:
        stored = {key: store.get(key) for key in keys}
        found = {
            key: np.frombuffer(content, np.uint8).reshape(-1, 2, LOOK_BYTES)
            for key, content in stored.items()
            if content is not None
        }
        missing = [number for number, key in enumerate(keys) if key not in found]
        sides = [(pictures[n].width, pictures[n].height) for n in missing]
        taken = look_at(images, rows[missing], sides, options.resize)
        with store.writer("looks") as writer:
            for number, versions in zip(missing, taken, strict=True):
                found[keys[number]] = versions
                writer.put(keys[number], versions.tobytes())
    return join_looks([found[key] for key in keys])
