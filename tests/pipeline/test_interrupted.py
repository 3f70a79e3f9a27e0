"""A run ended at a random moment goes on to the bytes of one that never was."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.clones import run, run_well
from tests.pipeline.shapes import clone_with_shapes

# Layers are trained too, so that there are checkpoints to go on from.
SETTINGS = {
    "data.root": "data/raw",
    "prepare.image_size": 32,
    "split.repeats": 1,
    "split.validation": 1,
    "split.test": 1,
    "augment.copies": 1,
    "train.hidden": "[8]",
    "train.epochs": 3,
}
# (signal, whether the whole group gets it, as by Ctrl-C, or DVC alone)
ENDINGS = [
    (signal.SIGKILL, True),
    (signal.SIGKILL, False),
    (signal.SIGINT, True),
    (signal.SIGTERM, True),
]


@pytest.fixture(scope="module")
def workspace(repository, tmp_path_factory):
    """A clone that has run once, the bytes of what it wrote, and how long that took."""
    folder = tmp_path_factory.mktemp("clone")
    clone_with_shapes(repository, folder)
    settings = [f"-S{name}={value}" for name, value in SETTINGS.items()]
    start = time.monotonic()
    run_well(folder, "dvc", "exp", "run", *settings, HEADSWAP_CACHE=str(folder / "s"))
    return folder, outputs(folder), time.monotonic() - start


def outputs(folder):
    """Hashes of all results, as DVC noted them, and the bytes of the raw data."""
    raw = sorted((folder / "data/raw").rglob("*.png"))
    return (folder / "dvc.lock").read_bytes(), [file.read_bytes() for file in raw]


def begin(folder, store):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        ["dvc", "repro", "-f"],
        cwd=folder,
        env={**os.environ, "PATH": path, "HEADSWAP_CACHE": str(store)},
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


def interrupt(workspace, seed):
    """End a run at a random moment, run again, and compare."""
    folder, expected, seconds = workspace
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
    assert again.returncode == 0, (number, whole_group, again.output)
    assert outputs(folder) == expected, (number, whole_group, again.output)
    assert stages_alive(folder) == []
    assert list(folder.glob(".headswap/**/unfinished*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_an_interrupted_run_goes_on_to_the_same_bytes(workspace, seed):
    interrupt(workspace, seed)


@pytest.mark.endure
def test_sixty_interrupted_runs_go_on_to_the_same_bytes(workspace):
    for seed in range(100, 160):
        interrupt(workspace, seed)
        print(f"{seed - 99} interruptions survived", flush=True)
