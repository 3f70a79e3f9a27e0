"""Runs -> their stored figures, by way of one DVC queue.

Guaranteed: figures are written as each run ends; a run that fails keeps no other from
landing; a call that was interrupted is taken up by the next one, because what is in the
queue stands in one small file a run until its figures are stored.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from headswap.use.experiments import QUEUED, RUNNING
from headswap.use.working_off import work_off
from results.commands import expand_photos
from results.experiments import Experiments
from results.runs import Overrides
from results.stored import as_figures, write_figures

METRICS = "metrics/evaluate.json"
CLASSES = "metrics/classes.csv"


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
        if states.get(run) in (QUEUED, RUNNING) or experiments.find(run, revision)
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

    def land(run: str, reference: str) -> str:
        reason = _store(experiments, run, waiting[run], reference, runs[run], folders)
        (folders.pending / f"{run}.json").unlink(missing_ok=True)
        return reason

    return work_off(experiments, waiting, land, jobs, seconds)


def _store(
    experiments: Experiments,
    run: str,
    revision: str,
    reference: str,
    overrides: Overrides,
    folders: Folders,
) -> str:
    """Store the figures of a run that has ended well; return "" or why it has none."""
    if not reference:
        return ""
    evaluate = experiments.read(reference, METRICS)
    if evaluate is None:
        return f"its experiment has no {METRICS}"
    classes = experiments.read(reference, CLASSES) or ""
    figures = as_figures(overrides, revision, evaluate, classes)
    write_figures(folders.figures, run, figures)
    return ""
