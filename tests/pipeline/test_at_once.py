"""Runs at the same time: the second waits or says why not, and no result differs."""

import os
import shutil
import subprocess

import pytest

from headswap.use.experiments import Experiments
from headswap.use.working_off import work_off
from tests.clones import run_well
from tests.pipeline.interrupting import outputs, python_path, stages_alive
from tests.pipeline.shapes import clone_with_shapes
from tests.pipeline.test_interrupted import SETTINGS

pytestmark = pytest.mark.endure

STRENGTHS = ("0.1", "0.2", "0.3", "0.4")


@pytest.fixture(scope="module")
def workspace(repository, tmp_path_factory):
    """A clone that has run once alone, and the bytes of what it wrote."""
    folder = tmp_path_factory.mktemp("clones") / "clone"
    folder.mkdir()
    clone_with_shapes(repository, folder)
    run_well(folder, "dvc", "add", "-q", "data/raw")
    settings = [f"-S{k}={v}" for k, v in {**SETTINGS, "train.hidden": "[]"}.items()]
    store = {"HEADSWAP_CACHE": str(folder.parent / "alone")}
    run_well(folder, "dvc", "exp", "run", *settings, **store)
    run_well(folder, "git", "add", "-A")
    run_well(folder, "git", "commit", "-q", "-m", "run")
    return folder, outputs(folder)


def start(folder, store, *command):
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PATH": python_path(), "HEADSWAP_CACHE": str(store)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.survives("runs at once")
def test_two_runs_in_one_folder_end_as_one(workspace, tmp_path, survived):
    folder, expected = workspace
    runs = [start(folder, tmp_path, "dvc", "repro", "-f") for _ in range(2)]
    said = [each.communicate()[0] for each in runs]
    codes = [each.returncode for each in runs]
    assert 0 in codes, said
    for code, text in zip(codes, said, strict=True):
        assert code == 0 or "lock" in text.lower(), text
    run_well(folder, "dvc", "repro", HEADSWAP_CACHE=str(tmp_path))
    assert outputs(folder) == expected
    assert stages_alive(folder) == []
    told = "waits" if codes == [0, 0] else "says that another holds the lock"
    survived(f"two runs in one folder: the second {told}")


@pytest.mark.survives("runs at once")
def test_two_clones_with_one_store_give_what_one_gives_alone(
    workspace, tmp_path, survived
):
    folder, expected = workspace
    other = folder.parent / "other"
    shutil.copytree(folder, other, symlinks=True)
    runs = [start(each, tmp_path, "dvc", "repro", "-f") for each in (folder, other)]
    for each in runs:
        said = each.communicate()[0]
        assert each.returncode == 0, said
    assert outputs(folder) == outputs(other) == expected
    survived("two clones with one store: both end well")


def figures(folder, name):
    shown = run_well(folder, "git", "rev-parse", "HEAD").strip()
    reference = Experiments(folder).find(name, shown)
    return run_well(folder, "git", "show", f"{reference}:metrics/evaluate.json")


@pytest.mark.survives("runs at once")
def test_four_workers_give_what_one_gives(workspace, monkeypatch, tmp_path, survived):
    folder, _ = workspace
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", python_path())
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "test")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "test@localhost")
    experiments = Experiments(folder)
    revision = experiments.revision()
    found = {}
    for jobs in (4, 1):
        names = {f"jobs{jobs}-{number}": l2 for number, l2 in enumerate(STRENGTHS)}
        for name, l2 in names.items():
            settings = [f"train.l2={l2}", "backbone.pooling=max"]
            assert experiments.queue(name, settings) == ""
        waiting = dict.fromkeys(names, revision)
        failed = work_off(experiments, waiting, lambda *_: "", jobs, seconds=3)
        assert failed == {}
        found[jobs] = [figures(folder, name) for name in names]
    assert found[4] == found[1]
    assert len(set(found[4])) > 1
    survived("a queue with four workers: four experiments end as with one")
