"""Outputs are on the disk itself when a stage has ended, and gone where it has not."""

import errno
import os

import pytest

from headswap.errors import InputError
from headswap.machine import outputs as module
from headswap.machine.outputs import whole_or_none


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
