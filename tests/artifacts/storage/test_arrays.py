"""`.npy` files in pieces are the files NumPy would have written at once."""

import gc
import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

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
from tests.disks import small_disk

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
@pytest.mark.parametrize("sizes", [[], [1], [3, 0, 1, 7]])
def test_a_file_written_in_pieces_is_the_file_numpy_writes(
    tmp_path, row_shape, dtype, sizes
):
    array = make_rows(sum(sizes), row_shape, dtype)
    write_in_pieces(tmp_path / "pieces.npy", array, sizes)
    np.save(tmp_path / "whole.npy", array)
    found = (tmp_path / "pieces.npy").read_bytes()
    assert found == (tmp_path / "whole.npy").read_bytes()
    loaded = np.load(tmp_path / "pieces.npy")
    assert loaded.dtype == array.dtype
    np.testing.assert_array_equal(loaded, array)


def test_rows_that_do_not_lie_in_a_row_in_memory_are_written_right(tmp_path):
    array = np.asfortranarray(make_rows(6, (4, 5)))[::-1, :, ::2]
    write_in_pieces(tmp_path / "rows.npy", array, [6])
    np.testing.assert_array_equal(np.load(tmp_path / "rows.npy"), array)


def test_rows_of_another_type_are_converted(tmp_path):
    with RowWriter(tmp_path / "rows.npy", (2,), "float32") as writer:
        writer.append(np.array([[1, 2]], np.int64))
    loaded = np.load(tmp_path / "rows.npy")
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, [[1, 2]])


def test_rows_of_another_shape_are_refused(tmp_path):
    with (
        pytest.raises(ValueError, match="rows must be"),
        RowWriter(tmp_path / "rows.npy", (2, 3), "float32") as writer,
    ):
        writer.append(np.zeros((1, 3, 2), np.float32))


@pytest.mark.parametrize("row_shape", [(4096, 4096, 3), (16, 16, 2048), (1, 2, 3, 4)])
def test_the_header_has_room_for_any_number_of_rows(tmp_path, row_shape):
    writer = RowWriter(tmp_path / "rows.npy", row_shape, "float32")
    with writer:
        pass
    empty = (tmp_path / "rows.npy").read_bytes()
    # Stands for rows nobody wants to write: only the count in the header matters.
    with writer:
        writer.num_rows = 10**15
    full = (tmp_path / "rows.npy").read_bytes()
    assert len(empty) == len(full) == 128
    assert str((10**15, *row_shape)).encode() in full


def test_an_interrupted_write_never_looks_like_a_whole_file(tmp_path):
    with (
        pytest.raises(KeyboardInterrupt),
        RowWriter(tmp_path / "rows.npy", (3,), "float32") as writer,
    ):
        writer.append(make_rows(5))
        raise KeyboardInterrupt
    assert num_rows(tmp_path / "rows.npy") == 0


def test_a_file_is_written_anew_not_appended_to(tmp_path):
    write_in_pieces(tmp_path / "rows.npy", make_rows(9), [9])
    write_in_pieces(tmp_path / "rows.npy", make_rows(2, seed=1), [2])
    np.testing.assert_array_equal(np.load(tmp_path / "rows.npy"), make_rows(2, seed=1))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_num_rows_counts_the_rows(tmp_path, count):
    np.save(tmp_path / "rows.npy", make_rows(count))
    assert num_rows(tmp_path / "rows.npy") == count


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_iterate_yields_every_row_once_and_in_order(tmp_path, batch_size):
    array = make_rows(7, (2, 2))
    np.save(tmp_path / "rows.npy", array)
    batches = list(iterate(tmp_path / "rows.npy", batch_size))
    assert all(1 <= len(batch) <= batch_size for batch in batches)
    np.testing.assert_array_equal(np.concatenate(batches), array)


def test_iterate_yields_copies_that_may_be_changed(tmp_path):
    array = make_rows(4)
    np.save(tmp_path / "rows.npy", array)
    for batch in iterate(tmp_path / "rows.npy", 2):
        assert type(batch) is np.ndarray
        batch[:] = -1
    np.testing.assert_array_equal(np.load(tmp_path / "rows.npy"), array)


def test_iterate_over_no_rows_yields_nothing(tmp_path):
    np.save(tmp_path / "rows.npy", make_rows(0))
    assert list(iterate(tmp_path / "rows.npy", 4)) == []


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.data())
def test_rows_of_several_files_are_those_of_one_long_array(counts, data):
    arrays = [
        make_rows(count, (2, 3), seed=number) for number, count in enumerate(counts)
    ]
    whole = np.concatenate(arrays)
    positions = st.lists(st.integers(0, max(0, len(whole) - 1)), max_size=12)
    wanted = np.array(data.draw(positions if len(whole) else st.just([])), np.int64)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.npy" for number in range(len(arrays))]
        for path, array in zip(paths, arrays, strict=True):
            np.save(path, array)
        rows = Rows(paths)
        assert len(rows) == len(whole)
        assert rows.row_shape == (2, 3)
        assert rows.dtype == whole.dtype
        np.testing.assert_array_equal(rows[wanted], whole[wanted])


def test_rows_can_be_written_in_place_and_all_others_are_zero(tmp_path):
    path = tmp_path / "rows.npy"
    create_rows(path, (6, 2), "float32")
    write_rows(path, np.array([4, 1]), np.array([[1, 2], [3, 4]], np.float32))
    expected = np.zeros((6, 2), np.float32)
    expected[4], expected[1] = (1, 2), (3, 4)
    np.testing.assert_array_equal(np.load(path), expected)


def test_files_can_be_mapped_in_many_threads_while_python_collects_garbage(tmp_path):
    """Collecting gives the other threads their turn amid the reading of a header."""
    np.save(tmp_path / "rows.npy", np.arange(4))

    def read(depth):
        return read(depth - 1) if depth else Rows([tmp_path / "rows.npy"])

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


def test_a_file_takes_its_place_before_its_rows_are_made(tmp_path):
    path = tmp_path / "rows.npy"
    with RowWriter(path, (1000,), "uint8", most=500) as writer:
        assert path.stat().st_blocks * 512 >= 500_000
        writer.append(np.ones((3, 1000), np.uint8))
    assert path.stat().st_size == 128 + 3000
    create_rows(path, (500, 1000), "uint8")
    assert path.stat().st_blocks * 512 >= 500_000


@pytest.mark.parametrize("make", ["writer", "rows"])
def test_a_file_without_room_is_an_error_that_names_it(tmp_path, make):
    path = tmp_path / "rows.npy"
    with files_of_at_most(10_000), pytest.raises(OSError) as caught:
        if make == "rows":
            create_rows(path, (500, 1000), "uint8")
        with RowWriter(path, (1000,), "uint8", most=500):
            pytest.fail("begun")
    assert caught.value.filename == str(path)


def test_a_full_disk_is_an_error_and_no_death(tmp_path):
    """Rows were written through a map: the process ended with SIGBUS."""
    with small_disk(tmp_path / "disk", 1_000_000) as disk:
        with pytest.raises(OSError, match="No space left on device"):
            create_rows(disk / "rows.npy", (500, 4000), "uint8")
        (disk / "rows.npy").unlink()
        open_memmap(disk / "rows.npy", mode="w+", shape=(500, 4000), dtype="uint8")
        with pytest.raises(OSError, match="No space left on device"):
            write_rows(disk / "rows.npy", np.arange(500), np.ones((500, 4000)))
