"""Files as pictures, each decoded once: what was decoded before is in the store."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from headswap.artifacts.storage.tables import is_text
from headswap.machine.capacity import copied_beside, require_disk
from headswap.machine.fingerprint import hash_code, hash_text
from headswap.machine.parallel import map_many
from headswap.machine.store import Store, open_store, store_folder
from headswap.params.prepare import Section
from headswap.pictures.decode import Picture, UnreadableImage, decode
from headswap.pictures.files import read_file

# What the tables say of a picture, about.
ROW_BYTES = 400


class Stored(NamedTuple):
    """A file whose picture the store has.

    Attributes:
        key: of the picture.
    """

    key: bytes


Found = Picture | UnreadableImage | Stored


@dataclass(frozen=True)
class Reader:
    """Reads files as pictures of one kind.

    Attributes:
        root: of the files.
        options: what the pictures are to be like.
        name: a hash of everything that a picture depends on beside its file.
        store: folder of the store where pictures may be.
        limit: of the store, in bytes.
    """

    root: Path
    options: Section
    name: bytes
    store: Path
    limit: int

    def read(
        self, path: str, store: Store | None
    ) -> Picture | UnreadableImage | Stored:
        """Return a file's picture, or the reason why it has none.

        Args:
            path: of the file, below the root.
            store: where the picture may be; it is only looked for.
        """
        try:
            if not fits_table(path):
                raise UnreadableImage("its name is no single line of UTF-8 text")
            content = read_file(self.root / path)
            key = self.key(hashlib.sha256(content).digest())
            if store and store.has(key):
                return Stored(key)
            options = self.options
            return decode(content, options.image_size, options.resize, options.depth)
        except UnreadableImage as reason:
            return reason
        except OSError as error:
            return UnreadableImage(f"cannot be opened: {error.strerror}")

    def key(self, content_hash: bytes) -> bytes:
        """Return the key of the picture of a file.

        Args:
            content_hash: SHA-256 of the file.
        """
        return hashlib.sha256(self.name + content_hash).digest()


def require_room(output: Path, number: int, shape: tuple[int, ...]) -> int:
    """Check that pictures fit on the disk; return what the store has to leave there.

    Args:
        output: folder to write them to.
        number: of pictures, at most.
        shape: of each.
    """
    num_bytes = number * (math.prod(shape) + ROW_BYTES)
    require_disk(output, num_bytes, f"{number} pictures")
    return copied_beside(output, num_bytes, store_folder())


def read_pictures(
    root: Path,
    paths: Sequence[str],
    options: Section,
    libraries: Mapping[str, str],
    leaving: int = 0,
) -> Iterator[Picture | UnreadableImage]:
    """Yield the picture of each file, or the reason why it has none, in their order.

    Args:
        root: of the files.
        paths: of the files, below the root.
        options: what the pictures are to be like.
        libraries: versions of those that decode.
        leaving: bytes that the store leaves free on its disk.
    """
    code = hash_code(["headswap.pictures.decode"])
    name = bytes.fromhex(hash_text([code, libraries, options]))
    with open_store() as store, store.writer("pictures") as writer:
        store.leaving = leaving
        reader = Reader(root, options, name, store.folder, store.limit)
        read = partial(_read, reader)
        results = map_many(read, paths, what="prepare", unit="image")
        for path, found in zip(paths, results, strict=True):
            if isinstance(found, Stored):
                content = store.get(found.key)
                if content is not None:
                    yield _from_bytes(content)
                    continue
                # It has been dropped or damaged meanwhile.
                found = reader.read(path, None)
            if isinstance(found, Picture):
                key = reader.key(bytes.fromhex(found.content_hash))
                writer.put(key, _to_bytes(found))
            assert not isinstance(found, Stored)
            yield found


# A process that reads for another one opens the store once.
_open = cache(Store)


def _read(reader: Reader, paths: Sequence[str]) -> list[Found]:
    return [reader.read(path, _open(reader.store, reader.limit)) for path in paths]


def fits_table(path: str) -> bool:
    """Return whether a name can stand in a CSV file, and be read again."""
    return is_text(path) and "\r" not in path and "\n" not in path


def _to_bytes(picture: Picture) -> bytes:
    names = [field.name for field in fields(picture) if field.name != "pixels"]
    facts = {name: getattr(picture, name) for name in names}
    return json.dumps(facts).encode() + b"\n" + picture.pixels.tobytes()


def _from_bytes(content: bytes) -> Picture:
    facts, _, pixels = content.partition(b"\n")
    size = round((len(pixels) / 3) ** 0.5)
    return Picture(
        pixels=np.frombuffer(pixels, np.uint8).reshape(size, size, 3),
        **json.loads(facts),
    )
