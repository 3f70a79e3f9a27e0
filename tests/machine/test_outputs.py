"""Outputs are on the disk itself when a stage has ended, and gone where it has not."""

import errno
import os

import pytest

from headswap.errors import InputError
from headswap.machine import outputs as module
from headswap.machine.outputs import replacing, whole_or_none


@pytest.fixture
def outputs(tmp_path):
    folder, file = tmp_path / "folder", tmp_path / "file.csv"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "rows.npy").write_bytes(b"half")
    file.write_text("half")
    return [folder, file]


def test_every_file_and_folder_is_synced(outputs, monkeypatch, tmp_path):
    synced, original = set(), os.fsync

    def note(number):
        synced.add(os.fstat(number).st_ino)
        original(number)

    monkeypatch.setattr(os, "fsync", note)
    with whole_or_none(outputs):
        pass
    expected = [tmp_path, *tmp_path.rglob("*")]
    assert len(expected) == 5
    assert {path.stat().st_ino for path in expected} <= synced


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("a fault")])
def test_what_was_begun_is_removed(outputs, error):
    with pytest.raises(type(error)), whole_or_none(outputs):
        raise error
    assert not any(output.exists() for output in outputs)


def test_what_the_user_has_to_mend_keeps_what_says_more(outputs):
    with pytest.raises(InputError), whole_or_none(outputs):
        raise InputError("see file.csv")
    assert all(output.exists() for output in outputs)


def as_cause():
    try:
        raise OSError(errno.EDQUOT, "Disk quota exceeded", "rows.npy")
    except OSError as error:
        raise RuntimeError("cannot write") from error


def test_a_full_disk_is_named_even_where_a_library_speaks_of_something_else(outputs):
    expected = r"rows.npy: the disk must have room for .*, got .* MB free. Free some"
    with pytest.raises(InputError, match=expected), whole_or_none(outputs):
        as_cause()
    assert not any(output.exists() for output in outputs)


def test_a_disk_that_is_full_is_found_where_no_error_says_so(outputs, monkeypatch):
    monkeypatch.setattr(
        module, "free_disk", lambda place: 10**9 * ("file" not in place.name)
    )
    expected = r"file.csv: the disk must have room for .*, got 0.0 MB free"
    with pytest.raises(InputError, match=expected), whole_or_none(outputs):
        raise RuntimeError("Can't decrement id ref count")


def test_an_error_of_another_kind_stays_itself(outputs):
    with pytest.raises(OSError, match="No such file"), whole_or_none(outputs):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")


def test_a_file_is_replaced_when_the_new_one_is_whole(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("before")
    with replacing(path) as new:
        new.write_text("whole")
        assert path.read_text() == "before"
    with pytest.raises(KeyboardInterrupt), replacing(path) as new:
        new.write_text("half")
        raise KeyboardInterrupt
    assert [file.read_text() for file in tmp_path.iterdir()] == ["whole"]


def test_what_a_killed_process_left_goes_with_the_next_and_no_other_file(tmp_path):
    names = ["table.csv", f".unfinished-{2**30}-other.csv", ".unfinished-my-table.csv"]
    for name in [*names, f".unfinished-{2**30}-table.csv"]:
        (tmp_path / name).write_text("half")
    with replacing(tmp_path / "table.csv") as new:
        new.write_text("whole")
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(names)


def test_a_link_stays_one_and_the_file_behind_it_is_replaced(tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    with replacing(tmp_path / "link.csv") as new:
        new.write_text("whole")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "whole"
