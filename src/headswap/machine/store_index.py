"""The index of the store: where every row lies, in SQLite."""

import math
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from headswap.errors import InputError

_SCHEMA = """
create table if not exists shards (
    shard integer primary key, name text not null, kind text not null,
    bytes integer not null, used real not null);
create table if not exists places (
    key blob primary key, shard integer not null, start integer not null,
    length integer not null, checksum integer not null) without rowid;
create index if not exists places_of_shard on places (shard);
"""
# How long to wait for another process that is writing, in seconds.
PATIENCE = 60

# The environment variable with the folder of the store.
FOLDER = "HEADSWAP_CACHE"


class Place(NamedTuple):
    """Where a row lies.

    Attributes:
        shard: number of the shard.
        start: of the row in it, in bytes.
        length: of the row, in bytes.
        checksum: CRC-32 of the row.
    """

    shard: int
    start: int
    length: int
    checksum: int


class Usage(NamedTuple):
    """What a store holds of one kind.

    Attributes:
        kind: such as `pictures`.
        rows: their number.
        num_bytes: in the shards that hold them.
    """

    kind: str
    rows: int
    num_bytes: int


class StoreIndex:
    """Shards, and the places of rows in them; safe to use from several threads.

    Args:
        path: of the file, made if need be, or `:memory:`.

    Raises:
        InputError: the file is no index.
    """

    def __init__(self, path: str):
        self._lock = threading.RLock()
        self._file = sqlite3.connect(
            path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            self._file.execute("pragma journal_mode = wal")
            self._file.execute("pragma synchronous = normal")
            self._file.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._file.close()
            raise InputError(
                f"{path}: the index of the store must be a whole SQLite file on a disk "
                f"that can be written and locked, got: {error}. Delete the store, "
                "which costs only time (headswap cache --clear), or set "
                "HEADSWAP_CACHE to a folder of a local disk."
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._file.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """Change several things at once or, where an error ends it, none."""
        with self._lock:
            self._file.execute("begin immediate")
            try:
                yield self._file
            except BaseException:
                self._file.execute("rollback")
                raise
            self._file.execute("commit")

    def find(self, key: bytes) -> Place | None:
        """Return where a row lies."""
        with self._lock:
            found = self._file.execute(
                "select shard, start, length, checksum from places where key = ?",
                (key,),
            ).fetchone()
        return None if found is None else Place(*found)

    def name_of(self, shard: int) -> str | None:
        """Return the name of a shard's file."""
        with self._lock:
            found = self._file.execute(
                "select name from shards where shard = ?", (shard,)
            ).fetchone()
        return None if found is None else found[0]

    def add_shard(self, name: str, kind: str) -> int:
        """Return the number of a new, empty shard."""
        with self._change() as file:
            added = file.execute(
                "insert into shards (name, kind, bytes, used) values (?, ?, 0, ?)",
                (name, kind, _now(file)),
            )
        assert added.lastrowid is not None
        return added.lastrowid

    def add_places(self, places: Iterable[tuple[bytes, Place]], shard: int) -> None:
        """Note rows of a shard by key, each in the place of an older one."""
        with self._change() as file:
            file.executemany(
                "insert or replace into places values (?, ?, ?, ?, ?)",
                ((key, *place) for key, place in places),
            )
            file.execute(
                "update shards set used = ?, bytes = (select max(start + length) "
                "from places where places.shard = shards.shard) where shard = ?",
                (_now(file), shard),
            )

    def note_use(self, shards: Iterable[int]) -> None:
        """Note that shards were used now."""
        with self._change() as file:
            now = _now(file)
            file.executemany(
                "update shards set used = ? where shard = ?",
                [(now, shard) for shard in shards],
            )

    def drop_beyond(self, limit: int) -> list[str]:
        """Forget the shards that were not used for longest.

        Args:
            limit: how many bytes may stay.

        Returns:
            the names of their files.
        """
        dropped, total = [], 0
        with self._change() as file:
            shards = file.execute(
                "select shard, name, bytes from shards order by used desc, shard desc"
            ).fetchall()
            for shard, name, num_bytes in shards:
                total += num_bytes
                if total > limit:
                    file.execute("delete from places where shard = ?", (shard,))
                    file.execute("delete from shards where shard = ?", (shard,))
                    dropped.append(name)
        return dropped

    def usage(self) -> list[Usage]:
        """Return what there is, by kind."""
        with self._lock:
            found = self._file.execute(
                "select kind, sum((select count(*) from places "
                "where places.shard = shards.shard)), sum(bytes) "
                "from shards group by kind order by kind"
            ).fetchall()
        return [Usage(*each) for each in found]


def _now(file: sqlite3.Connection) -> float:
    """Return the time, later than any in the index.

    A clock may be set back; what is used now is then still what was used last.
    """
    (latest,) = file.execute("select max(used) from shards").fetchone()
    return max(time.time(), math.nextafter(latest or 0.0, math.inf))
