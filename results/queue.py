"""Runs -> their stored figures, by way of one DVC queue.

Guaranteed: figures are written as each run ends; a run that fails keeps no other from
landing; a call that was interrupted is taken up by the next one, because what is in the
queue stands in one small file a run until its figures are stored.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from results.commands import Status, expand_photos
from results.experiments import Experiments
from results.runs import Overrides
from results.stored import as_figures, write_figures

METRICS = "metrics/evaluate.json"
CLASSES = "metrics/classes.csv"
WAITING = ("Queued", "Running")
# A worker that has work may miss a question, but not twenty in turn.
MAX_ODD_POLLS = 20
# On a busy machine DVC's answer may lack all runs for minutes.
MAX_EMPTY_POLLS = 120
# It may have ended just before runs were queued, or be killed.
MAX_IDLE_POLLS = 4


@dataclass(frozen=True)
class Folders:
    """Where files about runs are.

    Attributes:
        figures: stored for good, in git.
        pending: of what is in the queue; not in git.
    """

    figures: Path
    pending: Path


def read_pending(folder: Path, runs: Mapping[str, Overrides]) -> dict[str, str]:
    """Return the revisions of the runs that an earlier call has queued, by run.

    Args:
        folder: of these files.
        runs: the overrides by run; what was queued with others does not count.
    """
    pending = {}
    for path in sorted(folder.glob("*.json")):
        queued = json.loads(path.read_text(encoding="utf-8"))
        if runs.get(path.stem) == tuple(queued["overrides"]):
            pending[path.stem] = queued["revision"]
    return pending


def queue_runs(
    experiments: Experiments,
    runs: Mapping[str, Overrides],
    folders: Folders,
    environment: Mapping[str, str],
) -> tuple[dict[str, str], dict[str, str]]:
    """Put runs into the queue; return their revisions and what DVC refused, by run.

    Args:
        experiments: of the repository.
        runs: the overrides by run, with `$PHOTOS` in them.
        folders: to keep files in.
        environment: that of the process.

    Raises:
        InputError: PHOTOS is missing, or the working tree is not as committed.
    """
    expanded = expand_photos(runs, environment)
    revision = experiments.revision()
    experiments.discard(runs, revision)
    folders.pending.mkdir(parents=True, exist_ok=True)
    refused = {}
    for run in tqdm(runs, desc="queued", unit="run", disable=None):
        if reason := experiments.queue(run, expanded[run]):
            refused[run] = reason
            continue
        text = json.dumps({"overrides": runs[run], "revision": revision})
        (folders.pending / f"{run}.json").write_text(f"{text}\n", encoding="utf-8")
    return {run: revision for run in runs if run not in refused}, refused


def still_there(experiments: Experiments, pending: Mapping[str, str]) -> dict[str, str]:
    """Return those pending runs that wait, run or have ended well."""
    if not pending:
        return {}
    states = experiments.status().states
    return {
        run: revision
        for run, revision in pending.items()
        if states.get(run) in WAITING or experiments.find(run, revision)
    }


def collect_runs(
    experiments: Experiments,
    waiting: Mapping[str, str],
    runs: Mapping[str, Overrides],
    folders: Folders,
    jobs: int = 1,
    seconds: float = 15.0,
) -> dict[str, str]:
    """Work the queue off and store every run's figures; return what failed, by run.

    Args:
        experiments: of the repository.
        waiting: the revisions of the queued runs, by run.
        runs: the overrides by run.
        folders: to keep files in.
        jobs: how many runs at a time.
        seconds: between two looks at the queue.
    """
    left, failures = dict(waiting), {}
    odd_polls: Counter[str] = Counter()
    idle_polls = MAX_IDLE_POLLS
    with tqdm(total=len(left), desc="finished", unit="run", disable=None) as bar:
        while left:
            if idle_polls >= MAX_IDLE_POLLS:
                experiments.start(jobs)
                idle_polls = 0
            status = experiments.status()
            states = {status.states.get(run) for run in left}
            is_idle = "Queued" in states and "Running" not in states
            idle_polls = idle_polls + 1 if is_idle else 0
            for run in list(left):
                reason = _look(experiments, run, left[run], runs[run], status, folders)
                if reason is None:
                    reason = _miss(run, status, odd_polls)
                if reason is None:
                    continue
                if reason:
                    failures[run] = reason
                tqdm.write(f"{run}: {'failed' if reason else 'done'}")
                (folders.pending / f"{run}.json").unlink(missing_ok=True)
                del left[run]
                bar.update()
            if left:
                time.sleep(seconds)
    return failures


def _look(
    experiments: Experiments,
    run: str,
    revision: str,
    overrides: Overrides,
    status: Status,
    folders: Folders,
) -> str | None:
    """Store a run's figures if it has ended.

    Returns:
        None while it has not, "" when its figures are stored, else why it has none.
    """
    reference = experiments.find(run, revision)
    if reference is None:
        if status.states.get(run) != "Failed":
            return None
        return f"`dvc queue logs {run}` ends with\n{experiments.log_end(run)}"
    evaluate = experiments.read(reference, METRICS)
    if evaluate is None:
        return f"its experiment has no {METRICS}"
    classes = experiments.read(reference, CLASSES) or ""
    figures = as_figures(overrides, revision, evaluate, classes)
    write_figures(folders.figures, run, figures)
    return ""


def _miss(run: str, status: Status, odd_polls: Counter[str]) -> str | None:
    """Count how often in turn nobody seems to have a run that has not ended.

    Returns:
        None while it may still end, else that it will not.
    """
    state = status.states.get(run)
    is_odd = state != "Queued" and not (state == "Running" and status.has_worker)
    odd_polls[run] = odd_polls[run] + 1 if is_odd else 0
    if odd_polls[run] < (MAX_ODD_POLLS if status.tasks else MAX_EMPTY_POLLS):
        return None
    return (
        f"no worker has it any more. Clear it away with `dvc queue kill {run}` "
        "and run again"
    )
