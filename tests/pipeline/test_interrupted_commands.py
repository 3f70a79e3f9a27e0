"""Commands ended at random moments: whole files or none, and the same the next time."""

import os
import random
import signal
import subprocess
import time

import pytest

from headswap.machine.store import Store
from tests.clones import run, run_well
from tests.pipeline.interrupting import python_path
from tests.pipeline.shapes import clone_with_shapes
from tests.pipeline.test_interrupted import SETTINGS

pytestmark = pytest.mark.endure

ENDINGS = [signal.SIGKILL, signal.SIGINT, signal.SIGTERM]
OUT = "answers.csv"
ARMS = ["sweep", "-Strain.l2=0.1,0.2", "-j", "2"]


@pytest.fixture(scope="module")
def workspace(repository, tmp_path_factory):
    """A clone that has run once, with the settings committed."""
    folder = tmp_path_factory.mktemp("clone")
    clone_with_shapes(repository, folder)
    run_well(folder, "dvc", "add", "-q", "data/raw")
    settings = {**SETTINGS, "train.hidden": "[]"}
    settings = [f"-S{name}={value}" for name, value in settings.items()]
    run_well(folder, "dvc", "exp", "run", *settings, HEADSWAP_CACHE=str(folder / "s"))
    run_well(folder, "git", "add", "-A")
    run_well(folder, "git", "commit", "-q", "-m", "run")
    return folder


def end_at_random(folder, arguments, seconds, seed, **environment):
    """Start a command, end it and all it started at a random moment; say by what."""
    chance = random.Random(seed)
    number = chance.choice(ENDINGS)
    process = subprocess.Popen(
        ["headswap", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": python_path(), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(chance.uniform(0, seconds))
    os.killpg(process.pid, number)
    process.wait()
    return number.name


def seconds_of(folder, *command, **environment):
    begun = time.monotonic()
    run_well(folder, *command, **environment)
    return time.monotonic() - begun


@pytest.mark.survives("interruptions", times=20)
def test_predict_writes_a_whole_file_or_none(workspace, survived):
    store = {"HEADSWAP_CACHE": str(workspace / "s")}
    arguments = ["predict", "data/raw", "--out", OUT]
    seconds = seconds_of(workspace, "headswap", *arguments, **store)
    out = workspace / OUT
    expected = out.read_bytes()
    for seed in range(20):
        before = [None, b"before"][seed % 2]
        out.unlink(missing_ok=True)
        if before:
            out.write_bytes(before)
        ending = end_at_random(workspace, arguments, seconds, seed, **store)
        found = out.read_bytes() if out.exists() else None
        assert found in (before, expected), ending
        run_well(workspace, "headswap", *arguments, **store)
        assert out.read_bytes() == expected
        assert list(workspace.glob(".unfinished*")) == []
        survived(f"predict ended by {ending}")


@pytest.mark.survives("interruptions", times=20)
def test_the_store_is_whole_however_its_command_ends(workspace, survived, tmp_path):
    store = {"HEADSWAP_CACHE": str(tmp_path / "store")}
    seconds = seconds_of(workspace, "headswap", "cache", **store)
    for seed in range(20):
        rows = {bytes([n]): bytes([n]) * 1000 for n in range(100)}
        opened = Store(tmp_path / "store", 10**9)
        with opened.writer("rows") as writer:
            for key, content in rows.items():
                writer.put(key, content)
        opened.close()
        arguments = ["cache", "--clear"] if seed % 2 else ["cache"]
        ending = end_at_random(workspace, arguments, seconds, seed, **store)
        opened = Store(tmp_path / "store", 10**9)
        assert all(opened.get(key) in (None, row) for key, row in rows.items())
        opened.close()
        run_well(workspace, "headswap", "cache", "--clear", **store)
        assert " holds 0.0 of" in run_well(workspace, "headswap", "cache", **store)
        survived(f"cache ended by {ending}")


def figures(folder):
    """Figures of each experiment, by the end of its name."""
    listed = run_well(folder, "git", "for-each-ref", "--format=%(refname)", "refs/exps")
    names = [name for name in listed.split() if "/exec/" not in name]
    return sorted(
        run_well(folder, "git", "show", f"{name}:metrics/evaluate.json")
        for name in names
        if "celery" not in name
    )


def forget_experiments(folder):
    run(folder, "dvc", "queue", "stop", "--kill")
    run(folder, "dvc", "queue", "remove", "--all")
    run(folder, "dvc", "exp", "remove", "-q", "--all-commits")


@pytest.mark.survives("interruptions", times=6)
def test_a_sweep_goes_on_to_the_same_figures(workspace, survived):
    store = {"HEADSWAP_CACHE": str(workspace / "s")}
    forget_experiments(workspace)
    seconds = seconds_of(workspace, "headswap", *ARMS, **store)
    expected = figures(workspace)
    assert len(expected) == 2
    for seed in range(6):
        forget_experiments(workspace)
        ending = end_at_random(workspace, ARMS, seconds, seed, **store)
        again = run(workspace, "headswap", *ARMS, **store)
        assert again.returncode == 0, (ending, again.output)
        assert figures(workspace) == expected, ending
        survived(f"sweep ended by {ending}")
