"""Runs as git has them: commits, DVC experiments, and what lies in the workspace.

Nothing is checked out or pulled; all that is read lies in git.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from headswap.artifacts.storage.tables import unguarded
from headswap.errors import InputError, raise_faults
from headswap.statistics import words
from headswap.use import dvc

WORKSPACE = "workspace"
_FILES = (
    "params.yaml",
    "dvc.lock",
    "metrics/repeats.csv",
    "metrics/intervals.json",
    "metrics/predictions.csv",
    "metrics/cost.json",
)
_EXPERIMENTS = "refs/exps"


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        name: as it was asked for.
        params: params.yaml, by dotted names.
        split: a hash of who is train, validation and test.
        scores: a value a round, by (task, part, metric).
        intervals: `intervals.json`.
        answers: rows of `predictions.csv`, by (part, task).
        cost: `cost.json`.
    """

    name: str
    params: dict[str, Any]
    split: str
    scores: dict[tuple[str, str, str], np.ndarray]
    intervals: dict[str, Any]
    answers: dict[tuple[str, str], list[dict[str, str]]]
    cost: dict[str, float]

    @property
    def tasks(self) -> list[str]:
        """Those with a score that decides, in order."""
        return [task for task in self.intervals if self.primary(task)]

    def primary(self, task: str) -> str | None:
        """Return the metric that decides for a task, None where it has none."""
        found = (m for m in words.PRIMARY if (task, "validation", m) in self.scores)
        return next(found, None)

    def of_rounds(self, part: str) -> np.ndarray:
        """Return the mean over tasks of what decides, a value a round."""
        columns = [
            self.scores[task, part, metric]
            for task in self.tasks
            if (metric := self.primary(task))
        ]
        return np.mean(columns, axis=0)


def read_runs(names: Sequence[str], all_experiments: bool, folder: Path) -> list[Run]:
    """Return runs; one with the parameters and figures of another is left out.

    Args:
        names: of revisions or experiments; none means the workspace and the experiments
            of the last commit.
        all_experiments: take the experiments of every commit.
        folder: of the project.

    Raises:
        InputError: with every name that is none, and every run without figures.
    """
    experiments = _experiments(folder)
    if all_experiments:
        names = [*names, *experiments]
    elif not names:
        head = dvc.demand(folder, "git", "rev-parse", "HEAD").strip()
        own = [name for name, (_, base) in experiments.items() if base == head]
        names = [WORKSPACE, *own]
    runs: list[Run] = []
    faults = []
    for name in dict.fromkeys(names):
        try:
            run = _read_run(name, experiments, folder)
        except InputError as error:
            faults.append(str(error))
            continue
        if not any(_is_same(run, other) for other in runs):
            runs.append(run)
    raise_faults(faults)
    return runs


def _is_same(run: Run, other: Run) -> bool:
    return (
        run.params == other.params
        and run.split == other.split
        and run.scores.keys() == other.scores.keys()
        and all(np.array_equal(run.scores[k], other.scores[k]) for k in run.scores)
    )


def _experiments(folder: Path) -> dict[str, tuple[str, str]]:
    """Return (commit, commit it is based on) of each experiment, by name."""
    pattern = "--format=%(refname) %(objectname)"
    lines = dvc.demand(folder, "git", "for-each-ref", _EXPERIMENTS, pattern)
    found = {}
    for line in lines.splitlines():
        reference, commit = line.split()
        # refs/exps/12/3456.../name; others hold DVC's queue.
        parts = reference.removeprefix(f"{_EXPERIMENTS}/").split("/")
        if len(parts) == 3 and len(parts[0]) == 2:
            found[parts[2]] = (commit, parts[0] + parts[1])
    return found


def _read_run(name: str, experiments: dict[str, tuple[str, str]], folder: Path) -> Run:
    if name == WORKSPACE:
        texts = {file: _read_text(folder / file) for file in _FILES}
    else:
        commit = experiments[name][0] if name in experiments else name
        known = dvc.call(folder, "git", "rev-parse", "--verify", f"{commit}^{{commit}}")
        if known.returncode:
            raise InputError(
                f"headswap compare: a run must be a git revision, an experiment of DVC "
                f"or `{WORKSPACE}`, got {name!r}. `dvc exp list --all` names them."
            )
        texts = {}
        for file in _FILES:
            shown = dvc.call(folder, "git", "show", f"{commit}:./{file}")
            texts[file] = None if shown.returncode else shown.stdout
    missing = [file for file, text in texts.items() if text is None]
    if missing:
        raise InputError(
            f"headswap compare: {name} must have {', '.join(_FILES)}, got none of "
            f"{', '.join(missing)}. Run `dvc repro` there, or leave it out."
        )
    return _parse(name, {file: text or "" for file, text in texts.items()})


def _read_text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _parse(name: str, texts: dict[str, str]) -> Run:
    yaml = YAML(typ="safe")
    lock = yaml.load(texts["dvc.lock"])
    outs = lock.get("stages", {}).get("split", {}).get("outs", [])
    hashes = {out["path"]: out["md5"] for out in outs}
    rounds: dict[tuple[str, str, str], list[float]] = {}
    for row in _rows(texts["metrics/repeats.csv"]):
        value = float(row["value"] or "nan")
        rounds.setdefault((row["name"], row["part"], row["metric"]), []).append(value)
    answers: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in _rows(texts["metrics/predictions.csv"]):
        answers.setdefault((row["part"], row["task"]), []).append(row)
    return Run(
        name,
        _flat(yaml.load(texts["params.yaml"])),
        hashes.get("data/split", ""),
        {key: np.array(values) for key, values in rounds.items()},
        json.loads(texts["metrics/intervals.json"]),
        answers,
        json.loads(texts["metrics/cost.json"]),
    )


def _rows(text: str) -> list[dict[str, str]]:
    table = csv.DictReader(io.StringIO(text, newline=""))
    return [{key: unguarded(cell) for key, cell in row.items()} for row in table]


def _flat(values: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(values, dict):
        return {prefix: values}
    found: dict[str, Any] = {}
    for key, value in values.items():
        found.update(_flat(value, f"{prefix}.{key}" if prefix else str(key)))
    return found
