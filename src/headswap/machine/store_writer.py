"""Appending to the store: one process, one kind of rows, shard after shard."""

import sqlite3
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from headswap.machine.disk import free_disk
from headswap.machine.store_index import FOLDER, Place

if TYPE_CHECKING:
    from headswap.machine.store import Store

SHARD_BYTES = 256 * 2**20
# What a killed process loses at most.
COMMIT_BYTES = 16 * 2**20


class Writer:
    """Appends rows of one kind to a store.

    A store that cannot be written, on a full disk say, is no reason to end the work
    whose results it would keep: a note is printed, and no more is kept.

    Args:
        store: where they go.
        kind: what they are.
    """

    def __init__(self, store: "Store", kind: str):
        self._store, self._kind = store, kind
        self._is_lost = store.is_lost
        self._file: BinaryIO | None = None
        self._shard = self._end = self._committed = 0
        self._places: list[tuple[bytes, Place]] = []

    def put(self, key: bytes, content: bytes) -> None:
        """Store a row; it takes the place of an older one of the same key."""
        if self._is_lost:
            return
        with self._giving_up():
            free = free_disk(self._store.folder)
            if free - len(content) < self._store.leaving:
                self._end_shard()
                raise OSError("its disk has no room to spare")
            if self._file is None:
                name = uuid.uuid4().hex
                self._shard = self._store.index.add_shard(name, self._kind)
                self._file = self._store.path(name).open("xb")
                self._end = self._committed = 0
            self._file.write(content)
            place = Place(self._shard, self._end, len(content), zlib.crc32(content))
            self._places.append((key, place))
            self._end += len(content)
            if self._end >= SHARD_BYTES:
                self._end_shard()
            elif self._end - self._committed >= COMMIT_BYTES:
                self._commit(self._file)

    def _commit(self, file: BinaryIO) -> None:
        """Let everyone find what was written."""
        file.flush()
        self._store.index.add_places(self._places, self._shard)
        self._places.clear()
        self._committed = self._end

    def _end_shard(self) -> None:
        if self._file is not None:
            self._commit(self._file)
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Let everyone find all that was written."""
        if not self._is_lost:
            with self._giving_up():
                self._end_shard()

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            self._is_lost = True
            print(
                f"note: {self._store.folder} cannot be written ({error}), so no more "
                f"{self._kind} are kept there. {FOLDER} names another folder.",
                flush=True,
            )
            if self._file is not None:
                with suppress(OSError):
                    self._file.close()
