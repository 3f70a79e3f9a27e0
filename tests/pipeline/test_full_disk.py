"""Disks that fill up at random moments: a sentence, nothing half-written, and go on."""

import os
import random
import re
import shutil

import pytest

from tests.clones import run, run_well
from tests.disks import small_disk
from tests.pipeline.interrupting import outputs
from tests.pipeline.shapes import clone_with_shapes
from tests.pipeline.test_interrupted import SETTINGS

pytestmark = pytest.mark.endure

DISK_BYTES = 400 * 2**20
OUT = "answers.csv"
OURS = ("the disk must have", "with room to write")
OTHERS = ("No space left on device", "disk is full", "Errno 28", "disk I/O error")


@pytest.fixture(scope="module")
def workspace(repository, tmp_path_factory):
    """A clone on a small disk that has run once, and the bytes of what it wrote."""
    with small_disk(tmp_path_factory.mktemp("disk"), DISK_BYTES) as disk:
        folder = disk / "clone"
        folder.mkdir()
        clone_with_shapes(repository, folder)
        settings = [f"-S{k}={v}" for k, v in {**SETTINGS, "train.hidden": "[]"}.items()]
        run_well(folder, "dvc", "exp", "run", *settings, HEADSWAP_CACHE=str(disk / "s"))
        yield folder, outputs(folder)


def fill(disk, num_left):
    """Fill a disk but for so many bytes."""
    number = shutil.disk_usage(disk).free - num_left
    with open(disk / "ballast", "wb") as file:
        if number > 0:
            os.posix_fallocate(file.fileno(), 0, number)


def who_told(ended):
    """Say who told of the full disk; a death without a word is a failure."""
    if ended.returncode == 0:
        return "it sufficed"
    assert "Bus error" not in ended.output
    if any(words in ended.output for words in OURS):
        return "told by a sentence"
    assert any(words in ended.output for words in OTHERS), ended.output
    assert "src/headswap" not in ended.output, ended.output
    return "told by DVC or git"


@pytest.mark.survives("full disks")
@pytest.mark.parametrize("seed", range(12))
def test_a_run_on_a_disk_that_fills_up_goes_on_to_the_same_bytes(
    workspace, survived, seed, tmp_path
):
    folder, expected = workspace
    disk, chance = folder.parent, random.Random(seed)
    # A store with all rows; one without, on the same disk; one on another disk.
    store = [disk / "s", disk / "new", tmp_path / "new"][seed % 3]
    needed = 2 * sum(
        file.stat().st_size for file in folder.glob("data/*/**/*") if file.is_file()
    )
    fill(disk, int(needed * chance.uniform(0, 1) ** 2))
    environment = {"HEADSWAP_CACHE": str(store)}
    ended = run(folder, "dvc", "repro", "-f", **environment)
    told = who_told(ended)
    (disk / "ballast").unlink()
    run_well(folder, "dvc", "repro", **environment)
    assert outputs(folder) == expected
    assert list(folder.glob("**/.unfinished*")) == []
    shutil.rmtree(disk / "new", ignore_errors=True)
    survived(f"dvc repro on a full disk, {told}")


@pytest.mark.survives("full disks", times=6)
def test_predict_on_a_disk_that_fills_up_writes_a_whole_file_or_none(
    workspace, survived
):
    folder, _ = workspace
    environment = {"HEADSWAP_CACHE": str(folder.parent / "s")}
    arguments = ["headswap", "predict", "data/raw", "--out", OUT]
    run_well(folder, *arguments, **environment)
    expected = (folder / OUT).read_bytes()
    for seed in range(6):
        (folder / OUT).unlink()
        fill(folder.parent, int(random.Random(seed).uniform(0, len(expected))))
        ended = run(folder, *arguments, **environment)
        told = who_told(ended)
        assert (folder / OUT).exists() == (ended.returncode == 0)
        assert list(folder.glob(".unfinished*")) == []
        (folder.parent / "ballast").unlink()
        run_well(folder, *arguments, **environment)
        assert (folder / OUT).read_bytes() == expected
        survived(f"predict on a full disk, {told}")


@pytest.mark.survives("full disks")
@pytest.mark.parametrize("command", [["cache"], ["cache", "--clear"]])
def test_the_store_s_command_works_on_a_full_disk(workspace, survived, command):
    folder, _ = workspace
    environment = {"HEADSWAP_CACHE": str(folder.parent / "s")}
    fill(folder.parent, 0)
    ended = run(folder, "headswap", *command, **environment)
    assert ended.returncode == 0, ended.output
    (folder.parent / "ballast").unlink()
    survived(f"{' '.join(command)} on a full disk, it sufficed")


@pytest.mark.survives("full disks", times=2)
def test_a_sweep_on_a_disk_that_fills_up_goes_on(workspace, survived):
    folder, _ = workspace
    run_well(folder, "dvc", "add", "-q", "data/raw")
    run_well(folder, "git", "add", "-A")
    run_well(folder, "git", "commit", "-q", "-m", "run")
    environment = {"HEADSWAP_CACHE": str(folder.parent / "s")}
    command = ["headswap", "sweep", "-Strain.l2=0.1,0.2", "-j", "1"]
    for num_left in (0, 3 * 2**20):
        fill(folder.parent, num_left)
        told = who_told(run(folder, *command, **environment))
        (folder.parent / "ballast").unlink()
        again = run(folder, *command, **environment)
        if again.returncode:
            # DVC's queue does not mend itself; what is to be deleted is named.
            named = re.findall(r"\.dvc/tmp/exps/celery/[\w./-]+\w", again.output)
            assert named, again.output
            for file in {*named}:
                (folder / file).unlink()
            run_well(folder, *command, **environment)
            told += ", and what it left of DVC's queue"
        survived(f"sweep on a full disk, {told}")
