"""Ending a run at a random moment, as crashes and people do, and going on."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.clones import run

# What DVC's processes tell each other of.
LOCKS = ".dvc/tmp/rwlock"
# (signal, whether the whole group gets it, as by Ctrl-C, or DVC alone)
ENDINGS = [
    (signal.SIGKILL, True),
    (signal.SIGKILL, False),
    (signal.SIGINT, True),
    (signal.SIGTERM, True),
]


def outputs(folder):
    """Hashes of all results, as DVC noted them, and the bytes of the raw data."""
    raw = sorted((folder / "data/raw").rglob("*.png"))
    return (folder / "dvc.lock").read_bytes(), [file.read_bytes() for file in raw]


def python_path():
    """The PATH on which commands of this Python come first."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def begin(folder, store):
    return subprocess.Popen(
        ["dvc", "repro", "-f"],
        cwd=folder,
        env={**os.environ, "PATH": python_path(), "HEADSWAP_CACHE": str(store)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def stages_alive(folder):
    """The stages that run in a folder, by their process numbers."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if b"stages." in command and (process / "cwd").resolve() == folder:
                found.append(process.name)
        except OSError:  # It has just ended.
            continue
    return found


def wait_for_end(folder, seconds=15):
    """The stages that live on: one that was told to end may need a moment."""
    until = time.monotonic() + seconds
    while (alive := stages_alive(folder)) and time.monotonic() < until:
        time.sleep(0.2)
    return alive


def interrupt(folder, expected, seconds, seed):
    """End a run at a random moment, run again, and compare.

    Args:
        folder: of a project that has run.
        expected: its outputs then.
        seconds: that a run takes.
        seed: of the moment, and of how it ends.

    Returns:
        how it was ended.
    """
    chance = random.Random(seed)
    number, whole_group = chance.choice(ENDINGS)
    store = folder / f"store{seed}"
    process = begin(folder, store)
    time.sleep(chance.uniform(0, seconds))
    if whole_group:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    process.wait()
    again = run(folder, "dvc", "repro", HEADSWAP_CACHE=str(store))
    # DVC does not write it at once, so that a kill can leave it empty; as in README.md.
    if f"Unable to read RWLock-file '{LOCKS}'" in again.output:
        (folder / LOCKS).unlink()
        again = run(folder, "dvc", "repro", HEADSWAP_CACHE=str(store))
    assert again.returncode == 0, (number, whole_group, again.output)
    assert outputs(folder) == expected, (number, whole_group, again.output)
    assert wait_for_end(folder) == []
    assert list(folder.glob(".headswap/**/unfinished*")) == []
    return (
        f"dvc repro ended by {number.name}, {'as a group' if whole_group else 'alone'}"
    )
