"""One store a user of what took time to compute, by a hash of all it depends on.

Pictures at one size and rows of features; deleting the store costs only time. It is a
folder with flat files, the shards, that are only ever appended to, and an index. A
shard is written by one process, holds rows of one kind, and is what is dropped, the
least recently used first, where the store has grown above its limit.
"""

import hashlib
import os
import re
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from headswap.errors import InputError
from headswap.machine.disk import is_full
from headswap.machine.store_index import FOLDER, Place, StoreIndex, Usage
from headswap.machine.store_writer import Writer

LIMIT = "HEADSWAP_CACHE_GB"
DEFAULT_LIMIT_GB = 50.0
# Of a shard: 32 digits of a UUID.
_NAME = re.compile("[0-9a-f]{32}")


def store_folder() -> Path:
    """Return the folder of the store: as the environment says, or the user's own."""
    asked = os.environ.get(FOLDER)
    return Path(asked).expanduser() if asked else user_cache_path("headswap")


def store_limit() -> int:
    """Return how large the store may be, in bytes.

    Raises:
        InputError: the environment variable is no number above 0.
    """
    text = os.environ.get(LIMIT) or f"{DEFAULT_LIMIT_GB:g}"
    limit = 0.0
    with suppress(ValueError):
        limit = float(text)
    if not 0 < limit < float("inf"):
        raise InputError(
            f"{LIMIT}: the environment variable must be gigabytes, a number above 0, "
            f"got {text!r}. Unset it, or set it to {DEFAULT_LIMIT_GB:g}."
        )
    return int(limit * 1e9)


class Store:
    """Rows of bytes by key; safe to read from several threads and processes.

    Args:
        folder: of the store; made if need be.
        limit: how large it may be, in bytes.

    Attributes:
        leaving: bytes that are to stay free on its disk, for what matters more.
        is_lost: whether the disk is so full that nothing can be kept or found.

    Raises:
        InputError: the folder cannot be written, or its index is damaged.
    """

    def __init__(self, folder: Path, limit: int):
        self.folder, self.limit, self.leaving = folder, limit, 0
        self._maps: dict[int, mmap] = {}
        try:
            self._make()
            self.index = StoreIndex(str(folder / "index.sqlite"))
            self.is_lost = False
        except InputError:
            if not is_full(folder):
                raise
            self.index = StoreIndex(":memory:")
            self.is_lost = True

    def _make(self) -> None:
        try:
            for part in ("shards", "claims"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{FOLDER}: the store must be a folder that can be written, got "
                f"{self.folder} ({error.strerror}). Set {FOLDER} to another."
            ) from error

    def close(self) -> None:
        """Note what was used, and let go of all files."""
        with suppress(sqlite3.Error):  # Whose use is not noted goes sooner.
            self.index.note_use(self._maps)
        self.index.close()
        self._maps.clear()

    def path(self, name: str) -> Path:
        """Return the file of a shard.

        Raises:
            InputError: the index names no shard but a way to another folder.
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{FOLDER}: the index of {self.folder} must name shards of its own, "
                f"got {name!r}. Delete the store (headswap cache --clear)."
            )
        return self.folder / "shards" / name

    def has(self, key: bytes) -> bool:
        """Return whether there is a row, whole or damaged."""
        return self.index.find(key) is not None

    def get(self, key: bytes) -> bytes | None:
        """Return a row; None where there is none, or where it is damaged."""
        place = self.index.find(key)
        if place is None:
            return None
        content = self._read(place)
        is_whole = content is not None and zlib.crc32(content) == place.checksum
        return content if is_whole else None

    def keep(
        self,
        kind: str,
        owner: bytes,
        names: Sequence[str],
        make: Callable[[], Mapping[str, bytes]],
    ) -> Mapping[str, bytes]:
        """Return contents that belong together, made where one of them is not there.

        Args:
            kind: of the rows.
            owner: a hash of what they belong to.
            names: of the contents.
            make: makes all of them.
        """
        keys = {name: hashlib.sha256(owner + name.encode()).digest() for name in names}
        found = {name: self.get(key) for name, key in keys.items()}
        stored = {name: row for name, row in found.items() if row is not None}
        if len(stored) == len(keys):
            return stored
        made = make()
        with self.writer(kind) as writer:
            for name, key in keys.items():
                writer.put(key, made[name])
        return made

    def _read(self, place: Place) -> bytes | None:
        end = place.start + place.length
        mapped = self._maps.get(place.shard)
        if mapped is None or len(mapped) < end:
            name = self.index.name_of(place.shard)
            if name is None:
                return None
            try:
                with open(self.path(name), "rb") as file:
                    mapped = mmap(file.fileno(), 0, access=ACCESS_READ)
            except (OSError, ValueError):  # It is gone, or empty.
                return None
            self._maps[place.shard] = mapped
        return mapped[place.start : end]

    @contextmanager
    def writer(self, kind: str) -> Iterator[Writer]:
        """Yield a writer of rows; what it was given is kept, whatever ends it.

        Args:
            kind: what the rows are, for people.
        """
        writer = Writer(self, kind)
        try:
            yield writer
        finally:
            writer.close()
            with suppress(sqlite3.Error):
                for name in self.index.drop_beyond(self.limit):
                    # Who reads it has it mapped, and reads on.
                    self.path(name).unlink(missing_ok=True)

    @contextmanager
    def claim(self, name: str, waiting: str) -> Iterator[None]:
        """Be the only process that computes something.

        Args:
            name: of what is computed, fit for a file.
            waiting: printed where another process is at it.
        """
        if self.is_lost:
            yield
            return
        lock = FileLock(self.folder / "claims" / name)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print(waiting, flush=True)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def usage(self) -> list[Usage]:
        """Return what the store holds, by kind."""
        return self.index.usage()


@contextmanager
def open_store() -> Iterator[Store]:
    """Yield the user's store."""
    store = Store(store_folder(), store_limit())
    if store.is_lost:
        print(
            f"note: {store.folder} is on a full disk, so nothing is kept or found "
            f"there. Free some, or set {FOLDER} to another folder.",
            flush=True,
        )
    try:
        yield store
    finally:
        store.close()


def clear_store() -> None:
    """Delete the user's store."""
    folder = store_folder()
    for part in ("shards", "claims"):
        shutil.rmtree(folder / part, ignore_errors=True)
    for file in folder.glob("index.sqlite*"):
        file.unlink()
