"""A repository of one stage: from runs.yaml to the figures of a page, with DVC and git.

One test, because each start of DVC's queue takes seconds.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from headswap.errors import InputError
from results.__main__ import run_missing, write_pages
from results.experiments import Experiments
from results.listing import read_listing
from results.stored import read_figures

DVC_YAML = """stages:
  evaluate:
    cmd: >-
      test ${train.score} != 0.9 && mkdir -p metrics &&
      echo '{"kind": {"test": {"f1": ${train.score}}}}' > metrics/evaluate.json
    params: [train]
    metrics:
      - metrics/evaluate.json: {cache: false}
"""
RUNS_YAML = """
runs:
  low: [train.score=0.25]
  high: [train.score=0.75]
  broken: [train.score=0.9]
tables:
  scores:
    cells: {task: kind, part: test, metric: f1, format: .2f}
    columns: [run, F1]
    rows: [[low, {run: low}], [high, {run: high}], [broken, {run: broken}]]
"""
PAGE = "# Toy\n\n<!-- table: scores -->\n<!-- end -->\n"


def call(root, *command):
    subprocess.run(command, cwd=root, check=True, capture_output=True)


def change(root, name, before, after):
    path = root / name
    text = path.read_text(encoding="utf-8").replace(before, after)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A committed repository with one stage, three runs and two pages."""
    root = tmp_path / "toy"
    (root / "results").mkdir(parents=True)
    programs = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", programs + os.pathsep + os.environ["PATH"])
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site_cache"))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@localhost")
    files = {
        "dvc.yaml": DVC_YAML,
        "params.yaml": "train:\n  score: 0.5\n",
        "README.md": "# Toy\n",
        "results/README.md": PAGE,
        "results/runs.yaml": RUNS_YAML,
    }
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    call(root, "git", "init", "--quiet", "--initial-branch", "main")
    call(root, "git", "config", "user.name", "test")
    call(root, "git", "config", "user.email", "test@localhost")
    call(root, "dvc", "init", "--quiet")
    call(root, "dvc", "config", "core.analytics", "false")
    call(root, "git", "add", "--all")
    call(root, "git", "commit", "--quiet", "--message", "toy")
    return root


@pytest.mark.slow
def test_missing_runs_are_run_once_and_fill_the_page(toy, capsys):
    listing = read_listing(toy / "results" / "runs.yaml")
    failures = run_missing(toy, listing, again=False, jobs=1, seconds=0.2)
    write_pages(toy, listing)
    assert list(failures) == ["broken"]
    assert "failed to reproduce 'evaluate'" in failures["broken"]
    page = (toy / "results" / "README.md").read_text(encoding="utf-8")
    assert "| low | 0.25 |\n| high | 0.75 |\n| broken | \N{EN DASH} |" in page
    assert (toy / "params.yaml").read_text(encoding="utf-8").endswith("0.5\n")
    stored = read_figures(toy / "results" / "figures")
    assert sorted(stored) == ["high", "low"]
    assert stored["low"].overrides == ("train.score=0.25",)
    assert stored["low"].revision == Experiments(toy).revision()

    # What has been stored is not run again; what has changed is, under the same name.
    change(toy, "results/runs.yaml", "broken: [train.score=0.9]", "broken: []")
    change(toy, "results/runs.yaml", "score=0.25", "score=0.35")
    listing = read_listing(toy / "results" / "runs.yaml")
    capsys.readouterr()
    assert run_missing(toy, listing, again=False, jobs=1, seconds=0.2) == {}
    assert "3 runs: 2 to queue, 0 in it" in capsys.readouterr().out
    write_pages(toy, listing)
    page = (toy / "results" / "README.md").read_text(encoding="utf-8")
    assert "| low | 0.35 |\n| high | 0.75 |\n| broken | 0.50 |" in page

    # Everything again, but not with changes that no commit holds.
    change(toy, "params.yaml", "0.5", "0.6")
    with pytest.raises(InputError, match=r"must be as committed, .* of params\.yaml"):
        run_missing(toy, listing, again=True, jobs=1, seconds=0.2)
