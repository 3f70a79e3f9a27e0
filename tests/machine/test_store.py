import multiprocessing
import os
import random
import shutil
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.cli import main
from headswap.errors import InputError
from headswap.machine import store_writer as module
from headswap.machine.store import Store, clear_store, open_store, store_limit
from tests.disks import small_disk

MEGABYTE = 10**6


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "store", 100 * MEGABYTE)
    yield opened
    opened.close()


def put(store, rows, kind="rows"):
    with store.writer(kind) as writer:
        for key, content in rows.items():
            writer.put(key, content)


def shards(store):
    return sorted((store.folder / "shards").iterdir())


def test_a_row_that_was_stored_is_found_again_by_another_store(store):
    put(store, {b"a": b"first", b"b": b"second"})
    other = Store(store.folder, store.limit)
    assert (other.get(b"a"), other.get(b"b")) == (b"first", b"second")
    other.close()


def test_a_row_that_was_never_stored_is_none(store):
    assert store.get(b"a") is None


def test_rows_are_found_while_they_are_written(store, monkeypatch):
    monkeypatch.setattr(module, "COMMIT_BYTES", 4)
    with store.writer("rows") as writer:
        writer.put(b"a", b"1234")
        assert store.get(b"a") == b"1234"
        writer.put(b"b", b"5678")
        assert store.get(b"b") == b"5678"


def test_rows_written_before_an_error_are_kept(store):
    with pytest.raises(KeyboardInterrupt), store.writer("rows") as writer:
        writer.put(b"a", b"first")
        raise KeyboardInterrupt
    assert store.get(b"a") == b"first"


@pytest.mark.survives("faults")
def test_a_full_disk_ends_the_keeping_and_not_the_work(store, monkeypatch, capsys):
    class Full:
        def write(self, content):
            raise OSError(28, "No space left on device")

        def close(self):
            raise OSError(28, "No space left on device")

    put(store, {b"a": b"first"})
    with monkeypatch.context() as patch, store.writer("rows") as writer:
        patch.setattr(Path, "open", lambda *_: Full())
        writer.put(b"b", b"second")
        writer.put(b"c", b"third")
    said = capsys.readouterr().out
    assert said.count("No space left on device") == 1
    assert "HEADSWAP_CACHE names another folder" in said
    assert (store.get(b"a"), store.get(b"b")) == (b"first", None)


def test_the_store_leaves_room_for_what_matters_more(store, monkeypatch, capsys):
    free = iter([5000, 4000, 3999])
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: SimpleNamespace(free=next(free))
    )
    store.leaving = 3000
    put(store, {b"a": bytes(1000), b"b": bytes(1000), b"c": bytes(1000)})
    assert [store.get(key) is not None for key in (b"a", b"b", b"c")] == [1, 1, 0]
    assert "its disk has no room to spare" in capsys.readouterr().out


def test_a_store_on_a_full_disk_is_none_and_no_reason_to_end(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "store"))
    with small_disk(tmp_path / "store", 100_000) as disk:
        with suppress(OSError), open(disk / "fill", "wb", buffering=0) as file:
            while file.write(bytes(512)):
                pass
        with open_store() as store:
            assert "is on a full disk" in capsys.readouterr().out
            put(store, {b"a": b"first"})
            with store.claim("a", "waiting"):
                assert store.get(b"a") is None
        (disk / "fill").unlink()
        with open_store() as store:
            put(store, {b"a": b"first"})
            assert store.get(b"a") == b"first"


def test_a_row_stored_twice_is_the_later_one(store):
    put(store, {b"a": b"old"})
    put(store, {b"a": b"new one"})
    assert store.get(b"a") == b"new one"


@given(
    rows=st.dictionaries(st.binary(min_size=1, max_size=8), st.binary(max_size=30)),
    place=st.integers(0, 10**6),
)
@pytest.mark.survives("faults")
def test_a_changed_byte_is_noticed(tmp_path_factory, rows, place):
    store = Store(tmp_path_factory.mktemp("store"), MEGABYTE)
    put(store, rows)
    total = sum(map(len, rows.values()))
    if total:
        (file,) = shards(store)
        content = bytearray(file.read_bytes())
        content[place % total] ^= 1
        file.write_bytes(content)
    read = {key: store.get(key) for key in rows}
    wrong = [key for key, content in rows.items() if content and read[key] != content]
    assert [read[key] for key in wrong] == [None] * (1 if total else 0)
    store.close()


@pytest.mark.parametrize("length", [0, 3])
@pytest.mark.survives("faults")
def test_a_shard_that_lost_its_end_or_all_of_it_has_no_rows(store, length):
    put(store, {b"a": b"12345"})
    os.truncate(shards(store)[0], length)
    assert store.get(b"a") is None


@pytest.mark.survives("faults")
def test_a_shard_that_is_gone_has_no_rows_and_can_be_stored_anew(store):
    put(store, {b"a": b"12345"})
    shards(store)[0].unlink()
    assert store.get(b"a") is None
    put(store, {b"a": b"12345"})
    assert store.get(b"a") == b"12345"


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    folder = tmp_path / "store"
    for number in range(4):
        store = Store(folder, 300)
        put(store, {bytes([number]): bytes(100)})
        store.get(b"\0")  # The first is used again and again.
        store.close()
    store = Store(folder, 300)
    found = [store.get(bytes([number])) is not None for number in range(4)]
    assert found == [True, False, True, True]
    assert len(shards(store)) == 3
    store.close()


def test_rows_of_a_shard_that_is_dropped_while_they_are_read_are_whole_or_none(store):
    put(store, {b"a": bytes(200), b"b": bytes(200)})
    assert store.get(b"a") == bytes(200)
    small = Store(store.folder, 100)
    put(small, {b"c": b"1"})
    small.close()
    assert store.get(b"b") is None


def test_rows_are_spread_over_shards_of_a_bounded_size(store, monkeypatch):
    monkeypatch.setattr(module, "SHARD_BYTES", 250)
    rows = {bytes([n]): bytes([n]) * 100 for n in range(9)}
    put(store, rows)
    assert [file.stat().st_size for file in shards(store)] == [300] * 3
    assert {key: store.get(key) for key in rows} == rows


def test_usage_counts_rows_and_bytes_by_kind(store):
    put(store, {b"a": bytes(10), b"b": bytes(20)}, kind="pictures")
    put(store, {b"c": bytes(5)}, kind="features")
    assert store.usage() == [("features", 1, 5), ("pictures", 2, 30)]


def _write_for_ever(folder, ready):
    store = Store(folder, 100 * MEGABYTE)
    module.COMMIT_BYTES = 1000
    with store.writer("rows") as writer:
        for number in range(10**9):
            writer.put(number.to_bytes(8, "big"), number.to_bytes(8, "big") * 100)
            if number == 100:
                ready.set()


def test_a_writer_that_is_killed_leaves_whole_rows(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_write_for_ever, args=(tmp_path, ready))
    process.start()
    ready.wait(60)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    store = Store(tmp_path, 100 * MEGABYTE)
    found = [store.get(number.to_bytes(8, "big")) for number in range(95)]
    assert found == [number.to_bytes(8, "big") * 100 for number in range(95)]
    put(store, {b"next": b"row"})
    assert store.get(b"next") == b"row"
    store.close()


def test_a_power_cut_costs_rows_and_makes_none_wrong(store, tmp_path, monkeypatch):
    """What was written last is gone from some files and not from others."""
    monkeypatch.setattr(module, "COMMIT_BYTES", 300)
    monkeypatch.setattr(module, "SHARD_BYTES", 2000)
    rows = {bytes([n]): bytes([n]) * 100 for n in range(60)}
    put(store, rows)
    kept = set()
    for seed in range(20):
        chance, folder = random.Random(seed), tmp_path / str(seed)
        shutil.copytree(store.folder, folder)
        (folder / "index.sqlite-shm").unlink()
        for file in (folder / "index.sqlite-wal", *(folder / "shards").iterdir()):
            if chance.random() < 0.5:
                os.truncate(file, chance.randint(0, file.stat().st_size))
        after = Store(folder, store.limit)
        found = {key: after.get(key) for key in rows}
        assert all(found[key] in (None, row) for key, row in rows.items())
        kept.add(sum(row is not None for row in found.values()))
        put(after, {b"next": b"row"})
        assert after.get(b"next") == b"row"
        after.close()
    assert len(kept) > 5


def _write_own(folder, first):
    store = Store(folder, 100 * MEGABYTE)
    put(store, {bytes([first, n]): bytes([n]) * 50 for n in range(200)})
    store.close()


def test_several_processes_write_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_own, args=(tmp_path, n)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    store = Store(tmp_path, 100 * MEGABYTE)
    for first in range(3):
        for n in range(200):
            assert store.get(bytes([first, n])) == bytes([n]) * 50
    store.close()


def _hold_claim(folder, held):
    store = Store(folder, MEGABYTE)
    with store.claim("a", "waiting"):
        held.set()
        time.sleep(60)


def test_a_claim_waits_for_another_process_and_outlives_none(tmp_path, capsys):
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=_hold_claim, args=(tmp_path, held))
    process.start()
    held.wait(60)
    store = Store(tmp_path, MEGABYTE)
    with store.claim("b", "waiting for b"):
        pass
    threading.Timer(0.3, os.kill, (process.pid, signal.SIGKILL)).start()
    with store.claim("a", "waiting for a"):
        assert capsys.readouterr().out == "waiting for a\n"
    process.join()
    store.close()


@pytest.mark.survives("faults")
def test_a_damaged_index_says_what_to_do(tmp_path):
    (tmp_path / "index.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match="headswap cache --clear"):
        Store(tmp_path, MEGABYTE)


def test_a_folder_that_cannot_be_made_names_the_variable(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="HEADSWAP_CACHE"):
        Store(tmp_path / "file" / "store", MEGABYTE)


@pytest.mark.parametrize("text", ["0", "-1", "many", "nan", "inf"])
def test_a_limit_that_is_no_size_is_refused(text, monkeypatch):
    monkeypatch.setenv("HEADSWAP_CACHE_GB", text)
    with pytest.raises(InputError, match=f"got '{text}'"):
        store_limit()


def test_the_environment_says_where_and_how_large(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "here"))
    monkeypatch.setenv("HEADSWAP_CACHE_GB", "0.5")
    with open_store() as store:
        assert (store.folder, store.limit) == (tmp_path / "here", 500 * MEGABYTE)
        put(store, {b"a": b"1"})
    clear_store()
    assert not any((tmp_path / "here").iterdir())


def test_the_command_shows_what_is_stored_and_clears_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "here"))
    with open_store() as store:
        put(store, {b"a": bytes(2 * MEGABYTE), b"b": bytes(MEGABYTE)}, "pictures")
    main(["cache"])
    said = capsys.readouterr().out
    assert "pictures             2 rows         3.0 MB" in said
    assert "holds 3.0 of 50,000 MB" in said
    main(["cache", "--clear"])
    main(["cache"])
    assert "pictures" not in capsys.readouterr().out


@pytest.mark.survives("faults")
def test_a_clock_set_back_does_not_make_new_rows_the_oldest(tmp_path, monkeypatch):
    folder = tmp_path / "store"
    seconds = iter([10**10, *range(100)])
    monkeypatch.setattr(time, "time", lambda: float(next(seconds)))
    for number in range(4):
        store = Store(folder, 300)
        put(store, {bytes([number]): bytes(100)})
        store.close()
    store = Store(folder, 300)
    found = [store.get(bytes([number])) is not None for number in range(4)]
    assert found == [False, True, True, True]
    store.close()


@pytest.mark.survives("doors")
def test_an_index_that_names_a_file_elsewhere_lets_none_be_deleted(store, tmp_path):
    (tmp_path / "mine").write_text("mine")
    put(store, {b"a": bytes(100)})
    with store.index._change() as file:
        file.execute("update shards set name = '../../mine'")
    assert store.get(b"a") is None
    store.limit = 1
    with pytest.raises(InputError, match="must name shards of its own"):
        put(store, {b"b": bytes(100)})
    assert (tmp_path / "mine").read_text() == "mine"
