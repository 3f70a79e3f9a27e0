"""Rows in shards are the array that NumPy would have written at once."""

import gc
import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.format import open_memmap

from headswap.artifacts.storage.arrays import (
    Rows,
    RowWriter,
    create_rows,
    iterate,
    num_rows,
    write_rows,
)
from headswap.artifacts.storage.shards import SHARD_BYTES, Manifest
from headswap.errors import InputError
from tests.disks import small_disk
from tests.made import load_rows, save_rows

SHAPES = [(), (5,), (4, 3), (2, 3, 4)]
DTYPES = ["uint8", "float16", "float32", "int64", "bool"]


def make_rows(count, row_shape=(3,), dtype="float32", seed=0):
    random = np.random.default_rng(seed)
    return (random.integers(0, 200, (count, *row_shape))).astype(dtype)


def write_in_pieces(path, array, sizes):
    with RowWriter(path, array.shape[1:], array.dtype.name) as writer:
        start = 0
        for size in sizes:
            writer.append(array[start : start + size])
            start += size
        assert writer.num_rows == len(array)


@pytest.mark.parametrize("row_shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sizes", [[1], [3, 0, 1, 7]])
def test_a_small_set_is_one_file_as_numpy_writes_it(tmp_path, row_shape, dtype, sizes):
    array = make_rows(sum(sizes), row_shape, dtype)
    write_in_pieces(tmp_path / "rows", array, sizes)
    np.save(tmp_path / "whole.npy", array)
    (shard,) = (tmp_path / "rows").glob("*.npy")
    assert shard.read_bytes() == (tmp_path / "whole.npy").read_bytes()
    found = load_rows(tmp_path / "rows")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_no_rows_are_still_of_a_shape_and_type(tmp_path):
    write_in_pieces(tmp_path / "rows", make_rows(0, (4, 3), "float16"), [])
    rows = Rows([tmp_path / "rows"])
    assert (len(rows), rows.row_shape, rows.dtype) == (0, (4, 3), np.float16)


@given(
    st.lists(st.integers(0, 6), max_size=6),
    st.integers(1, 60),
    st.lists(st.integers(0, 40), max_size=8),
)
def test_rows_are_the_same_whatever_the_size_of_a_shard(sizes, shard_bytes, wanted):
    """A row takes 6 bytes, so a shard holds from one row to all of them."""
    array = make_rows(sum(sizes), (3,), "int16")
    positions = np.array([n for n in wanted if n < len(array)], int)
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("headswap.artifacts.storage.shards.SHARD_BYTES", shard_bytes),
    ):
        written, placed = Path(folder) / "written", Path(folder) / "placed"
        write_in_pieces(written, array, sizes)
        create_rows(placed, array.shape, "int16")
        order = np.random.default_rng(0).permutation(len(array))
        for rows in np.array_split(order, 3):
            write_rows(placed, rows, array[rows])
        names = sorted(path.name for path in written.iterdir())
        assert names == sorted(path.name for path in placed.iterdir())
        for name in names:
            assert (written / name).read_bytes() == (placed / name).read_bytes()
        assert len(names) == 1 + -(-len(array) // max(1, shard_bytes // 6))
        assert num_rows(written) == len(array)
        np.testing.assert_array_equal(load_rows(written), array)
        np.testing.assert_array_equal(Rows([written])[positions], array[positions])
        batches = list(iterate(written, 4))
        assert [len(batch) for batch in batches[:-1]] == [4] * (len(batches[:-1]))
        np.testing.assert_array_equal(np.concatenate([array[:0], *batches]), array)


@pytest.fixture
def shards(tmp_path, monkeypatch):
    """Three shards of 4, 4 and 2 rows."""
    monkeypatch.setattr("headswap.artifacts.storage.shards.SHARD_BYTES", 4 * 12)
    save_rows(tmp_path / "rows", make_rows(10))
    return tmp_path / "rows"


def remove(shards):
    (shards / "00001.npy").unlink()


def cut(shards):
    with open(shards / "00001.npy", "r+b") as file:
        file.truncate(140)


def empty(shards):
    (shards / "00001.npy").write_bytes(b"")


def swap(shards):
    np.save(shards / "00001.npy", make_rows(4, (3,), "float64"))


def shorten(shards):
    np.save(shards / "00001.npy", make_rows(3))


def add(shards):
    np.save(shards / "00003.npy", make_rows(4))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (remove, r"00001\.npy: the shard must be float32 \(4, 3\).*got no file"),
        (cut, r"00001\.npy: the shard must be float32 .*got one cut short"),
        (empty, r"00001\.npy: the shard must be float32 .*got one cut short"),
        (swap, r"00001\.npy: the shard must be float32 .*got float64 \(4, 3\)"),
        (shorten, r"00001\.npy: the shard must be .*got float32 \(3, 3\)"),
        (add, r"only the 3 shards of its manifest\.json, got 00003\.npy too"),
    ],
)
def test_a_shard_that_is_not_what_was_written_is_named(shards, damage, said):
    damage(shards)
    with pytest.raises(InputError, match=f"{said}.*dvc checkout, or dvc repro"):
        Rows([shards])


def test_rows_that_do_not_lie_in_a_row_in_memory_are_written_right(tmp_path):
    array = np.asfortranarray(make_rows(6, (4, 5)))[::-1, :, ::2]
    write_in_pieces(tmp_path / "rows", array, [6])
    np.testing.assert_array_equal(load_rows(tmp_path / "rows"), array)


def test_rows_of_another_type_are_converted(tmp_path):
    with RowWriter(tmp_path / "rows", (2,), "float32") as writer:
        writer.append(np.array([[1, 2]], np.int64))
    loaded = load_rows(tmp_path / "rows")
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, [[1, 2]])


def test_rows_of_another_shape_are_refused(tmp_path):
    with (
        pytest.raises(ValueError, match="rows must be"),
        RowWriter(tmp_path / "rows", (2, 3), "float32") as writer,
    ):
        writer.append(np.zeros((1, 3, 2), np.float32))


@pytest.mark.parametrize("row_shape", [(4096, 4096, 3), (16, 16, 2048), (1, 2, 3, 4)])
def test_a_shard_is_bounded_and_holds_a_row_at_least(row_shape):
    planned = Manifest.plan(10**15, row_shape, "float32")
    size = planned.rows_per_shard * np.prod(row_shape) * 4
    assert SHARD_BYTES / 2 < size <= SHARD_BYTES
    assert Manifest.plan(9, (20_000, 20_000), "uint8").rows_per_shard == 1


def test_an_interrupted_write_never_looks_like_a_whole_one(tmp_path):
    save_rows(tmp_path / "rows", make_rows(3))
    with (
        pytest.raises(KeyboardInterrupt),
        RowWriter(tmp_path / "rows", (3,), "float32") as writer,
    ):
        writer.append(make_rows(5))
        raise KeyboardInterrupt
    with pytest.raises(InputError, match=r"rows must have a manifest\.json.*dvc repro"):
        num_rows(tmp_path / "rows")


def test_a_file_is_written_anew_not_appended_to(tmp_path):
    write_in_pieces(tmp_path / "rows", make_rows(9), [9])
    write_in_pieces(tmp_path / "rows", make_rows(2, seed=1), [2])
    np.testing.assert_array_equal(load_rows(tmp_path / "rows"), make_rows(2, seed=1))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_num_rows_counts_the_rows(tmp_path, count):
    save_rows(tmp_path / "rows", make_rows(count))
    assert num_rows(tmp_path / "rows") == count


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_iterate_yields_every_row_once_and_in_order(tmp_path, batch_size):
    array = make_rows(7, (2, 2))
    save_rows(tmp_path / "rows", array)
    batches = list(iterate(tmp_path / "rows", batch_size))
    assert all(1 <= len(batch) <= batch_size for batch in batches)
    np.testing.assert_array_equal(np.concatenate(batches), array)


def test_iterate_yields_copies_that_may_be_changed(tmp_path):
    array = make_rows(4)
    save_rows(tmp_path / "rows", array)
    for batch in iterate(tmp_path / "rows", 2):
        assert type(batch) is np.ndarray
        batch[:] = -1
    np.testing.assert_array_equal(load_rows(tmp_path / "rows"), array)


def test_iterate_over_no_rows_yields_nothing(tmp_path):
    save_rows(tmp_path / "rows", make_rows(0))
    assert list(iterate(tmp_path / "rows", 4)) == []


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.data())
def test_rows_of_several_files_are_those_of_one_long_array(counts, data):
    arrays = [
        make_rows(count, (2, 3), seed=number) for number, count in enumerate(counts)
    ]
    whole = np.concatenate(arrays)
    positions = st.lists(st.integers(0, max(0, len(whole) - 1)), max_size=12)
    wanted = np.array(data.draw(positions if len(whole) else st.just([])), np.int64)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / str(number) for number in range(len(arrays))]
        for path, array in zip(paths, arrays, strict=True):
            save_rows(path, array)
        rows = Rows(paths)
        assert len(rows) == len(whole)
        assert rows.row_shape == (2, 3)
        assert rows.dtype == whole.dtype
        np.testing.assert_array_equal(rows[wanted], whole[wanted])


def test_rows_can_be_written_in_place_and_all_others_are_zero(tmp_path):
    path = tmp_path / "rows"
    create_rows(path, (6, 2), "float32")
    write_rows(path, np.array([4, 1]), np.array([[1, 2], [3, 4]], np.float32))
    expected = np.zeros((6, 2), np.float32)
    expected[4], expected[1] = (1, 2), (3, 4)
    np.testing.assert_array_equal(load_rows(path), expected)


def test_one_row_can_be_written_to_many_places(shards):
    write_rows(shards, np.array([1, 9, 5]), np.array([7, 8, 9], np.float32))
    found = load_rows(shards)
    np.testing.assert_array_equal(found[[1, 5, 9]], [[7, 8, 9]] * 3)
    np.testing.assert_array_equal(found[[0, 4, 8]], make_rows(10)[[0, 4, 8]])


def test_files_can_be_mapped_in_many_threads_while_python_collects_garbage(tmp_path):
    """Collecting gives the other threads their turn amid the reading of a header."""
    save_rows(tmp_path / "rows", np.arange(4))

    def read(depth):
        return read(depth - 1) if depth else Rows([tmp_path / "rows"])

    def wait(*_):
        time.sleep(0.0005)

    thresholds = gc.get_threshold()
    gc.callbacks.append(wait)
    gc.set_threshold(5, 1000, 1000)
    try:
        with ThreadPoolExecutor(8) as pool:
            lengths = set(pool.map(len, pool.map(read, [k % 7 for k in range(2000)])))
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(wait)
    assert lengths == {4}


@contextmanager
def files_of_at_most(num_bytes):
    """What a file system says that has no room, by the limit of this process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_shard_takes_its_place_before_its_rows_are_made(tmp_path):
    path = tmp_path / "rows"
    with RowWriter(path, (1000,), "uint8", most=500) as writer:
        writer.append(np.ones((3, 1000), np.uint8))
        assert (path / "00000.npy").stat().st_blocks * 512 >= 500_000
    assert (path / "00000.npy").stat().st_size == 128 + 3000
    create_rows(path, (500, 1000), "uint8")
    assert (path / "00000.npy").stat().st_blocks * 512 >= 500_000


@pytest.mark.parametrize("make", ["writer", "rows"])
def test_a_shard_without_room_is_an_error_that_names_it(tmp_path, make):
    path = tmp_path / "rows"
    with files_of_at_most(10_000), pytest.raises(OSError) as caught:
        if make == "rows":
            create_rows(path, (500, 1000), "uint8")
        with RowWriter(path, (1000,), "uint8", most=500) as writer:
            writer.append(np.ones((3, 1000), np.uint8))
            pytest.fail("begun")
    assert caught.value.filename == str(path / "00000.npy")


def test_a_full_disk_is_an_error_and_no_death(tmp_path):
    """Rows were written through a map: the process ended with SIGBUS."""
    with small_disk(tmp_path / "disk", 1_000_000) as disk:
        with pytest.raises(OSError, match="No space left on device"):
            create_rows(disk / "rows", (500, 4000), "uint8")
        (shard,) = (disk / "rows").glob("*.npy")
        shard.unlink()
        open_memmap(shard, mode="w+", shape=(500, 4000), dtype="uint8")
        Manifest.plan(500, (4000,), "uint8").write(disk / "rows")
        with pytest.raises(OSError, match="No space left on device"):
            write_rows(disk / "rows", np.arange(500), np.ones((500, 4000)))
