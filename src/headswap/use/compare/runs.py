"""Runs as git has them: commits, DVC experiments, and what lies in the workspace.

Nothing is checked out or pulled; all that is read lies in git.
"""

import csv
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from headswap.artifacts.storage.tables import unguarded
from headswap.errors import InputError, listed, raise_faults, shortened
from headswap.params._yaml import parse_yaml
from headswap.statistics import words
from headswap.use.compare.all_rounds import (
    RoundAnswers,
    needs_all_rounds,
    read_all_rounds,
)
from headswap.use.compare.revisions import WORKSPACE, Revisions, hashes_of

_FILES = (
    "params.yaml",
    "dvc.lock",
    "metrics/repeats.csv",
    "metrics/intervals.json",
    "metrics/predictions.csv",
    "metrics/cost.json",
)


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
        all_rounds: answers of all rounds, by (part, task) that they all score on the
            same images; none where they need not or cannot be had.
        lacking: why there are none, or "".
    """

    name: str
    params: dict[str, Any]
    split: str
    scores: dict[tuple[str, str, str], np.ndarray]
    intervals: dict[str, Any]
    answers: dict[tuple[str, str], list[dict[str, str]]]
    cost: dict[str, float]
    all_rounds: dict[tuple[str, str], RoundAnswers] = field(default_factory=dict)
    lacking: str = ""

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
        InputError: with every name that is none, and every run that was asked for
            and has no figures; others without figures are left out.
    """
    revisions = Revisions(folder)
    experiments = revisions.experiments
    asked = list(names)
    if all_experiments:
        names = [*names, *experiments]
    elif not names:
        head = revisions.head
        own = [name for name, (_, base) in experiments.items() if base == head]
        names = [WORKSPACE, *own]
    runs: list[Run] = []
    faults: list[str] = []
    left_out: list[str] = []
    for name in dict.fromkeys(names):
        try:
            run = _read_run(name, revisions)
        except InputError as error:
            (faults if name in asked else left_out).append(str(error))
            continue
        if not any(_is_same(run, other) for other in runs):
            runs.append(run)
    raise_faults(faults if runs else [*faults, *left_out])
    for fault in left_out:
        print(f"note: left out: {fault}", file=sys.stderr)
    return runs


def _is_same(run: Run, other: Run) -> bool:
    return (
        run.params == other.params
        and run.split == other.split
        and run.scores.keys() == other.scores.keys()
        and all(np.array_equal(run.scores[k], other.scores[k]) for k in run.scores)
    )


def _read_run(name: str, revisions: Revisions) -> Run:
    texts = revisions.texts(name, _FILES)
    missing = [file for file, text in texts.items() if text is None]
    if missing:
        raise InputError(
            f"headswap compare: {name} must have {', '.join(_FILES)}, got none of "
            f"{', '.join(missing)}. Run `dvc repro` there, or leave it out."
        )
    try:
        run = _parse(name, {file: text or "" for file, text in texts.items()})
        _require_scores(run)
    # By what stands in the place of a figure, and how deep.
    except (
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        ValueError,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"headswap compare: {name} must have parameters and figures as headswap "
            f"writes them, got another form ({shortened(repr(error))}). Run `dvc repro`"
            " there, or leave it out."
        ) from error
    wanted = needs_all_rounds(run.intervals)
    if not wanted:
        return run
    try:
        answers = read_all_rounds(revisions, name, wanted)
    except InputError as error:
        return replace(run, lacking=str(error))
    return replace(run, all_rounds=answers)


def _require_scores(run: Run) -> None:
    """Check that there is what a choice and an answer take.

    Raises:
        InputError: no task, or one without scores of both parts.
    """
    without = [
        task
        for task in run.tasks
        for part in ("validation", "test")
        if part not in run.intervals[task]
        or np.isnan(run.scores.get((task, part, run.primary(task) or ""), np.nan)).any()
    ]
    if without or not run.tasks:
        raise InputError(
            f"headswap compare: {run.name} must have scores of validation and test for "
            f"each task, got none for {listed(sorted({*without})) or 'any'}. Give both "
            "parts images with labels (split.validation, split.test), or leave it out."
        )


def _parse(name: str, texts: dict[str, str]) -> Run:
    lock = parse_yaml(texts["dvc.lock"], f"dvc.lock of {name}")
    rounds: dict[tuple[str, str, str], list[float]] = {}
    for row in _rows(texts["metrics/repeats.csv"]):
        value = float(row["value"] or "nan")
        rounds.setdefault((row["name"], row["part"], row["metric"]), []).append(value)
    answers: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in _rows(texts["metrics/predictions.csv"]):
        answers.setdefault((row["part"], row["task"]), []).append(row)
    return Run(
        name,
        _flat(parse_yaml(texts["params.yaml"], f"params.yaml of {name}")),
        hashes_of(lock).get("data/split", ""),
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
