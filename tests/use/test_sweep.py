"""`headswap sweep`: all is checked first, then DVC does the work."""

import json
import shutil
from pathlib import Path

import pytest

from headswap.cli import main
from tests.clones import run_well

RECIPE = """
train: {epochs: 3, hidden: [256, 64]}
sweep:
  - train.strategy: [sequential, cascade]
  - train.strategy: [multi_output]
"""
DVC_YAML = """stages:
  evaluate:
    cmd: mkdir -p metrics && echo '{"epochs":${train.epochs}}' > metrics/all.json
    params: [train]
    metrics:
      - metrics/all.json: {cache: false}
"""


@pytest.fixture(autouse=True)
def project(repository, tmp_path, monkeypatch):
    """A folder with params.yaml, a recipe and a single stage."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site_cache"))
    shutil.copy(repository / "params.yaml", folder)
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "dvc.yaml").write_text(DVC_YAML, encoding="utf-8")
    return folder


@pytest.fixture
def calls(monkeypatch):
    """The commands that would have been run."""
    made = []
    monkeypatch.setattr(
        "headswap.use.dvc.demand", lambda folder, *command: made.append(command) or ""
    )
    monkeypatch.setattr(
        "headswap.use.dvc.show", lambda folder, *command: made.append(command) or 0
    )
    return made


def test_a_single_experiment_runs_here(calls):
    main(["sweep", "-S", "train.epochs=4", "-S", "train.strategy=cascade"])
    assert calls == [
        ("dvc", "exp", "run", "-S", "train.epochs=4", "-S", "train.strategy=cascade")
    ]


def test_several_experiments_go_through_the_queue(calls, capsys):
    main(["sweep", "recipe.yaml", "-S", "train.epochs=4", "-j", "2"])
    shared = ("-S", "train.epochs=4", "-S", "train.hidden=[256,64]", "-S")
    queue = ("dvc", "exp", "run", "--queue")
    assert [sorted(command) for command in calls] == [
        sorted((*queue, *shared, "train.strategy=sequential,cascade")),
        sorted((*queue, *shared, "train.strategy=multi_output")),
        sorted(("dvc", "queue", "start", "-j", "2")),
    ]
    assert capsys.readouterr().out.startswith("3 experiments. `dvc queue status`")


def test_what_is_only_queued_is_not_started(calls):
    main(["sweep", "-S", "train.epochs=4", "--queue"])
    assert calls == [("dvc", "exp", "run", "--queue", "-S", "train.epochs=4")]


def test_a_dry_run_prints_the_commands_and_runs_none(calls, capsys):
    main(["sweep", "recipe.yaml", "-S", "train.strategy=multi_output", "--dry-run"])
    main(["sweep", "recipe.yaml", "--dry-run"])
    start = "-S train.epochs=3 -S 'train.hidden=[256,64]'"
    assert capsys.readouterr().out.splitlines() == [
        f"dvc exp run {start} \\",
        "    -S train.strategy=multi_output",
        f"dvc exp run --queue {start} \\",
        "    -S train.strategy=sequential,cascade",
        f"dvc exp run --queue {start} \\",
        "    -S train.strategy=multi_output",
        "dvc queue start -j 1",
    ]
    assert calls == []


def test_every_fault_of_the_parameters_is_named_before_anything_is_queued(
    calls, project
):
    text = f"{RECIPE}nothing: {{a: 1}}\nsplit: {{repeat: 3}}\n"
    (project / "recipe.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["sweep", "recipe.yaml", "-S", "train.epoch=4", "-S", "train.l2=-1,x"])
    lines = str(ended.value).removeprefix("error: ").splitlines()
    assert all(line.startswith("params.yaml with recipe.yaml: ") for line in lines)
    shown = "\n".join(lines)
    for name in ("nothing must", "split.repeat must", "train.epoch must", "got 'x'"):
        assert name in shown
    assert "train.l2 must be 'auto' or greater than or equal to 0, got -1" in shown
    assert len(set(lines)) == len(lines) == 5
    assert calls == []


def test_faults_of_recipe_and_overrides_are_named_together(calls):
    with pytest.raises(SystemExit) as ended:
        main(["sweep", "no.yaml", "-S", "epochs=3", "-S", "train.l2"])
    assert str(ended.value).count("\n") == 2
    assert calls == []


def test_no_fewer_than_one_at_a_time():
    with pytest.raises(SystemExit):
        main(["sweep", "recipe.yaml", "-j", "0"])


def test_a_run_that_fails_is_told(project, monkeypatch):
    monkeypatch.setattr("headswap.use.dvc.show", lambda folder, *command: 3)
    with pytest.raises(SystemExit, match="must succeed, got exit status 3"):
        main(["sweep", "-S", "train.epochs=4"])


@pytest.mark.slow
def test_dvc_makes_the_experiments_of_a_recipe(project, monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@localhost")
    run_well(project, "git", "init", "--quiet")
    run_well(project, "dvc", "init", "--quiet")
    run_well(project, "dvc", "config", "core.analytics", "false")
    run_well(project, "git", "add", "--all")
    run_well(project, "git", "commit", "--quiet", "--message", "toy")
    main(["sweep", "recipe.yaml", "-S", "train.l2=0.5", "--queue"])
    listed = run_well(project, "dvc", "exp", "show", "--json")
    queued = [
        experiment["revs"][0]["data"]["params"]["params.yaml"]["data"]["train"]
        for commit in json.loads(listed)
        for experiment in commit["experiments"] or ()
    ]
    assert sorted(train["strategy"] for train in queued) == [
        "cascade",
        "multi_output",
        "sequential",
    ]
    for train in queued:
        assert (train["epochs"], train["l2"]) == (3, 0.5)
        assert train["hidden"] == [256, 64]

    main(["sweep", "-S", "train.epochs=7"])
    assert json.loads(Path("metrics/all.json").read_text()) == {"epochs": 7}
