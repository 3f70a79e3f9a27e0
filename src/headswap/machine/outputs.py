"""A stage's outputs: on the disk for good when it has ended well, gone where not.

DVC removes them before a stage begins, and notes them when it has ended; what a power
cut then takes away would be missing without a word.
"""

import errno
import glob
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from headswap.errors import InputError, in_megabytes
from headswap.machine.disk import FREE_SOME, LEAST, free_disk
from headswap.machine.store import store_folder

_OF_LIBRARIES = (OSError, RuntimeError, sqlite3.Error)
# Of a file that a process writes, before its number and the name of the file.
_UNFINISHED = ".unfinished-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def declared_outputs(stage: Mapping[str, Any]) -> list[Path]:
    """Return the files and folders that a stage of dvc.yaml writes."""
    entries = [*stage.get("outs", ()), *stage.get("metrics", ())]
    # One with settings of its own is a dictionary of one name.
    names = [[each] if isinstance(each, str) else [*each] for each in entries]
    return [Path(name) for each in names for name in each]


@contextmanager
def whole_or_none(outputs: Sequence[Path]) -> Iterator[None]:
    """Keep outputs through a power cut, and remove them where the work ends early.

    They stay where the user has to mend something, for there an output says more.

    Args:
        outputs: files and folders that are written.

    Raises:
        InputError: the disk is full.
    """
    try:
        yield
        for output in outputs:
            sync(output)
    except InputError:
        raise
    except BaseException as error:
        reason = full_disk(error, outputs)
        remove(outputs)
        if reason is None:
            raise
        raise InputError(reason) from error


@contextmanager
def replacing(file: str | Path) -> Iterator[Path]:
    """Yield the path of a new file, which takes another's place when it is whole.

    Where the work ends early, the other file stays as it was, and the new one goes;
    that of a process that was killed goes with the next.

    Args:
        file: that is to be written; a pipe or the like is yielded itself.
    """
    import psutil  # Nothing but this needs it.

    # What a link points at is written, not the link.
    path = Path(os.path.realpath(file))
    if path.exists() and not path.is_file():
        yield path
        return
    for left in path.parent.glob(f"{_UNFINISHED}*-{glob.escape(path.name)}"):
        number = left.name.removeprefix(_UNFINISHED).partition("-")[0]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            left.unlink(missing_ok=True)
    new = path.with_name(f"{_UNFINISHED}{os.getpid()}-{path.name}")
    try:
        yield new
        sync(new)
        new.replace(path)
        _sync_folder(path.parent)
    finally:
        new.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or a folder with all in it, lies on the disk itself."""
    if path.is_dir():
        for each in path.iterdir():
            sync(each)
        _sync_folder(path)
    elif path.exists():
        with open(path, "rb") as file:
            os.fsync(file.fileno())
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    # Not every system can, nor needs to.
    with suppress(OSError):
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def remove(outputs: Sequence[Path]) -> None:
    """Remove files and folders, as far as that can be done."""
    for output in outputs:
        if output.is_dir() and not output.is_symlink():
            shutil.rmtree(output, ignore_errors=True)
        else:
            with suppress(OSError):
                output.unlink(missing_ok=True)


def full_disk(error: BaseException, written: Sequence[Path]) -> str | None:
    """Return what to say of an error that a full disk has caused, None of another.

    Libraries make errors of their own of it; so the disks are asked, too.

    Args:
        error: what was raised.
        written: files and folders that were being written.
    """
    named = _file_of(error)
    places = [store_folder(), Path(tempfile.gettempdir()), *written]
    fullest = min(places, key=_free)
    may_be = isinstance(error, _OF_LIBRARIES) and _free(fullest) < LEAST
    if named is None and not may_be:
        return None
    place = Path(named) if named else fullest
    return (
        f"{place}: the disk must have room for what is written, got "
        f"{in_megabytes(_free(place))} free. {FREE_SOME}, and run again; what was "
        "begun is removed."
    )


def _free(place: Path) -> int:
    try:
        return free_disk(place)
    except OSError:
        return 0


def _file_of(error: BaseException | None) -> str | None:
    """Return the file that an error of a full disk names, "" where it names none."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return str(error.filename or "")
        if isinstance(error, sqlite3.Error) and "is full" in str(error):
            return ""
        error = error.__cause__ or error.__context__
    return None
