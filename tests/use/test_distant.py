"""A sweep on a cluster: DVC's experiments, as its queue would make them."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.clones import run, run_well

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="ray is not installed"
    ),
]

DVC_YAML = """stages:
  evaluate:
    cmd: >-
      test ${train.epochs} != 13 && mkdir -p metrics &&
      echo '{"epochs":${train.epochs}, "note":"'$(cat note.txt)'"}' > metrics/all.json
    deps: [note.txt]
    params: [train]
    metrics:
      - metrics/all.json: {cache: false}
"""
# What they say together is another matter.
SWEEP = """
import sys
from headswap import cli
from headswap.commands import sweep

sweep.say = lambda ended, delta: print("ended:", *(each.name for each in ended))
cli.main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def address(repository):
    """That of a cluster of two nodes."""
    environment = {**os.environ, "PYTHONPATH": str(repository / "src")}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.nodes"],
        cwd=repository,
        env={**environment, "RAY_USAGE_STATS_ENABLED": "0"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process.stdout.readline().strip()
        process.stdin.close()


@pytest.fixture
def project(repository, tmp_path):
    """A repository of one stage, changed since its commit."""
    shutil.copy(repository / "params.yaml", tmp_path)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML)
    (tmp_path / "note.txt").write_text("committed")
    run_well(tmp_path, "git", "init", "-q")
    run_well(tmp_path, "dvc", "init", "-q")
    run_well(tmp_path, "dvc", "config", "core.analytics", "false")
    run_well(tmp_path, "git", "add", "-A")
    run_well(tmp_path, "git", "commit", "-q", "-m", "toy")
    (tmp_path / "note.txt").write_text("changed since")
    return tmp_path


def references(project):
    """Those of experiments, by name."""
    text = run_well(project, "git", "for-each-ref", "--format=%(refname)", "refs/exps")
    names = [name for name in text.split() if "stash" not in name]
    return {name.rpartition("/")[2]: name for name in names}


def found(project):
    """What experiments wrote, by name."""
    return {
        name: json.loads(run_well(project, "git", "show", f"{each}:metrics/all.json"))
        for name, each in references(project).items()
    }


def lock_of(project, name):
    """What DVC noted of an experiment."""
    return run_well(project, "git", "show", f"{references(project)[name]}:dvc.lock")


def test_nodes_run_what_is_missing_and_name_what_failed(project, address, repository):
    def sweep(epochs):
        return run(
            project,
            *(sys.executable, "-c", SWEEP, "sweep", "-S", f"train.epochs={epochs}"),
            RAY_ADDRESS=address,
            PYTHONPATH=str(repository / "src"),
        )

    first = sweep("3,4,13")
    assert first.returncode == 1
    assert "3 to run; as many as it has cores, on the cluster at" in first.stdout
    assert re.search(r"epochs_13-\w+: the run must succeed, got", first.stderr)
    [ended] = re.findall(r"ended: (.*)", first.stdout)
    assert sorted(ended.split()) == sorted(found(project))
    assert {name.split("-")[0]: each for name, each in found(project).items()} == {
        f"epochs_{number}": {"epochs": number, "note": "changed since"}
        for number in (3, 4)
    }
    for name in found(project):
        run_well(
            project,
            *("dvc", "exp", "run", "--temp", "-n", "here"),
            *("-S", f"train.epochs={name.split('-')[0].removeprefix('epochs_')}"),
        )
        # What DVC notes of a run here and there is the same.
        assert lock_of(project, name) == lock_of(project, "here")
        run_well(project, "dvc", "exp", "remove", "here")
    again = sweep("3,4,5")
    assert again.returncode == 0, again.output
    assert "3 experiments: 1 to run, 2 run before" in again.stdout
    assert len(found(project)) == 3
    assert (project / "note.txt").read_text() == "changed since"
