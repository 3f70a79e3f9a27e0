"""Files as pictures, each decoded once: what was decoded before is in the store."""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from headswap.artifacts.storage.tables import is_text
from headswap.machine.cluster import cluster_address, map_on_cluster
from headswap.machine.disk import copied_beside, require_disk
from headswap.machine.fingerprint import hash_code, hash_text
from headswap.machine.nodes import Needs
from headswap.machine.parallel import CHUNK, map_many
from headswap.machine.places import is_stored, list_stored
from headswap.machine.progress import progress
from headswap.machine.store import Store, open_store, store_folder
from headswap.params.prepare import Section
from headswap.pictures.decode import Picture, UnreadableImage, decode
from headswap.pictures.files import read_files

# What the tables say of a picture, about.
ROW_BYTES = 400


class Stored(NamedTuple):
    """A file whose picture the store has.

    Attributes:
        key: of the picture.
    """

    key: bytes


KIND = "pictures"
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
        self, paths: Sequence[str], store: "Store | Known | None"
    ) -> Iterator[Found]:
        """Yield each file's picture, or the reason why it has none.

        Args:
            paths: of the files, below the root.
            store: where a picture may be; it is only looked for.
        """
        contents = read_files(self.root, [path for path in paths if fits_table(path)])
        for path in paths:
            if fits_table(path):
                yield self._picture(next(contents), store)
            else:
                yield UnreadableImage("its name is no single line of UTF-8 text")

    def _picture(
        self, content: bytes | UnreadableImage, store: "Store | Known | None"
    ) -> Found:
        if isinstance(content, UnreadableImage):
            return content
        key = self.key(hashlib.sha256(content).digest())
        if store and store.has(key):
            return Stored(key)
        options = self.options
        try:
            return decode(content, options.image_size, options.resize, options.depth)
        except UnreadableImage as reason:
            return reason

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
    with open_store() as store, store.writer(KIND) as writer:
        store.leaving = leaving
        reader = Reader(root, options, name, store.folder, store.limit)
        versions = _versions(root)
        stored = _stored_versions(versions, reader, store)
        unknown = [path for path in paths if path not in stored]
        results = _map_files(reader, unknown, store, libraries)
        for path in paths:
            found = stored[path] if path in stored else next(results)
            if isinstance(found, Stored):
                content = store.get(found.key)
                if content is not None:
                    yield _from_bytes(content)
                    continue
                # It has been dropped or damaged meanwhile.
                (found,) = reader.read([path], None)
            if isinstance(found, Picture):
                content_hash = bytes.fromhex(found.content_hash)
                writer.put(reader.key(content_hash), _to_bytes(found))
                if path in versions:
                    writer.put(versions[path], content_hash)
            assert not isinstance(found, Stored)
            yield found


def _versions(root: Path) -> dict[str, bytes]:
    """Return by path the key of what a storage says of a file; none of a folder here.

    By it the hash of a file is found that was read before: here reading costs less than
    a doubt whether it was touched, but what a storage gives has come a long way.
    """
    if not is_stored(root):
        return {}
    return {
        path: bytes.fromhex(hash_text([str(root), path, version]))
        for path, is_folder, version in list_stored(root)
        if not is_folder
    }


def _stored_versions(
    versions: Mapping[str, bytes], reader: Reader, store: Store
) -> dict[str, Stored]:
    """Return by path what the store has of the files of a storage."""
    hashes = {path: store.get(key) for path, key in versions.items()}
    keys = {path: reader.key(each) for path, each in hashes.items() if each}
    return {path: Stored(key) for path, key in keys.items() if store.has(key)}


@dataclass(frozen=True)
class Known:
    """The keys of a store that lies on another machine."""

    keys: frozenset[bytes]

    def has(self, key: bytes) -> bool:
        """Return whether the store has a row."""
        return key in self.keys


def _map_files(
    reader: Reader,
    paths: Sequence[str],
    store: Store,
    libraries: Mapping[str, str],
) -> Iterator[Found]:
    """Yield what is found of each file, here or on the cluster that is asked for."""
    address = cluster_address()
    if address is None:
        read, chunk = partial(_read, reader), CHUNK if is_stored(reader.root) else 1
        return map_many(read, paths, what="prepare", unit="image", chunk=chunk)
    if not is_stored(reader.root):
        # Another machine has another folder to start from.
        reader = replace(reader, root=reader.root.resolve())
    known = Known(frozenset(store.index.keys(KIND)))
    needs = Needs(libraries, [reader.root])
    make = partial(_reading, reader, known)
    results = map_on_cluster(address, make, paths, CHUNK, needs)
    return iter(progress(results, what="prepare", total=len(paths), unit="image"))


def _reading(reader: Reader, known: Known) -> Callable[[Sequence[str]], list[Found]]:
    """Return what reads files on another machine."""
    return lambda paths: [*reader.read(paths, known)]


# A process that reads for another one opens the store once.
_open = cache(Store)


def _read(reader: Reader, paths: Sequence[str]) -> list[Found]:
    return [*reader.read(paths, _open(reader.store, reader.limit))]


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
