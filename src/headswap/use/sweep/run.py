"""Experiments -> DVC's queue, worked off, and what they say together.

Guaranteed: what has been run is not run again; what was interrupted goes on with the
next call; one that fails keeps no other from ending, and is named.
"""

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from headswap.errors import InputError, listed, raise_faults
from headswap.machine.parallel import num_cores
from headswap.params.train import UNORDERED
from headswap.use import dvc
from headswap.use.experiments import (
    FAILED,
    QUEUED,
    RUNNING,
    Experiments,
    Status,
    queue_arguments,
)
from headswap.use.recipe import Grid
from headswap.use.sweep.origin import count_files, hash_code, hash_pictures
from headswap.use.sweep.plan import Experiment, expand, plan
from headswap.use.sweep.times import Times, in_words
from headswap.use.working_off import work_off

RUN = ("dvc", "exp", "run")


@dataclass(frozen=True)
class How:
    """How experiments are run.

    Attributes:
        jobs: how many at a time; None is one a core.
        is_only_queued: do not start what is queued.
        is_dry: only print the commands.
        seconds: between two looks at the queue.
    """

    jobs: int | None = None
    is_only_queued: bool = False
    is_dry: bool = False
    seconds: float = 5.0


def sweep(
    recipe: str | None,
    overrides: Sequence[str],
    asked: Sequence[Grid],
    how: How,
    answer: Callable[[Sequence[Experiment]], None],
    of_inputs: Callable[[Mapping[str, Any]], str],
    root: Path = Path(),
) -> None:
    """Run a recipe: a single experiment here, several by way of DVC's queue.

    Args:
        recipe: path of a recipe; None runs the overrides alone.
        overrides: as `dvc exp run -S` takes them.
        asked: grids, as `questions.ask` gives them.
        how: they are run.
        answer: says what the experiments that ended well say together.
        of_inputs: gives a text that differs where, under checked sections, anything
            does that results depend on and git does not see.
        root: the folder that holds dvc.yaml.

    Raises:
        InputError: something has to be mended before anything can run, DVC refuses, or
            an experiment failed.
    """
    grids = plan(recipe, overrides, asked)
    experiments, num_left_out = expand(grids, hash_code(root), hash_pictures, of_inputs)
    if num_left_out:
        what = "combination" if num_left_out == 1 else "combinations"
        print(
            f"Left out: {num_left_out} {what} that would repeat others; train.order "
            f"changes nothing for {' and '.join(UNORDERED)}."
        )
    if len(experiments) == 1 and how.jobs is None and not how.is_only_queued:
        _run_here(experiments[0], how.is_dry, root)
        return
    jobs = min(how.jobs or num_cores(), len(experiments))
    if how.is_dry:
        for each in experiments:
            print(_written(("dvc", *queue_arguments(each.name, each.overrides))))
        if not how.is_only_queued:
            print(f"dvc queue start -j {jobs}")
        return
    _run_queued(experiments, how, jobs, answer, root)


def _run_here(experiment: Experiment, is_dry: bool, root: Path) -> None:
    command = (*RUN, *(part for x in experiment.overrides for part in ("-S", x)))
    if is_dry:
        print(_written(command))
    elif status := dvc.show(root, *command):
        raise InputError(
            f"`{shlex.join(RUN)}`: the run must succeed, got exit status {status}. "
            "See above."
        )


def _written(command: Sequence[str]) -> str:
    """Return a command for a shell."""
    flags = [n for n, word in enumerate(command) if word == "-S"]
    start = command[: flags[0]] if flags else command
    return dvc.write_command(shlex.join(start), [command[n + 1] for n in flags])


def _run_queued(
    planned: Sequence[Experiment],
    how: How,
    jobs: int,
    answer: Callable[[Sequence[Experiment]], None],
    root: Path,
) -> None:
    experiments, times = Experiments(root), Times(root)
    revision = experiments.revision()
    status = experiments.status()
    there = [x for x in planned if experiments.find(x.name, revision)]
    missing = [x for x in planned if x not in there]
    waiting = [x for x in missing if status.states.get(x.name) in (QUEUED, RUNNING)]
    to_queue = [x for x in missing if x not in waiting]
    _announce(planned, there, waiting, to_queue, jobs)
    if missing:
        forecast = times.forecast([each.sections for each in missing])
        num_files = max(count_files(x.sections["data"]["root"]) for x in missing)
        print("\n".join(in_words(forecast, jobs, num_files)), flush=True)
    try:
        _queue(experiments, to_queue, status, revision)
        if how.is_only_queued:
            print(
                f"{len(missing)} wait in the queue. The same command without --queue "
                "starts them and compares; `dvc queue start` only starts them."
            )
            return
        failures = _work_off(experiments, missing, revision, jobs, how.seconds, times)
    except KeyboardInterrupt:
        print(
            "\nInterrupted. What runs and waits in DVC's queue goes on; the same "
            "command takes it up again, and runs only what is missing. "
            "`dvc queue stop --kill` ends it.",
            flush=True,
        )
        raise
    ended = [x for x in planned if x.name not in failures]
    if ended:
        print()
        answer(ended)
    raise_faults([_failure(name, reason) for name, reason in failures.items()])


def _failure(name: str, reason: str) -> str:
    """Return what is to be said of an experiment that failed: its error, if any."""
    errors = [line for line in reason.splitlines() if line.startswith("error: ")]
    said = " ".join(errors) if errors else reason
    return (
        f"{name}: the run must succeed, got: {said}\nMend that, and the same command "
        f"runs it again; `dvc queue logs {name}` shows all it printed."
    )


def _announce(
    planned: Sequence[Experiment],
    there: Sequence[Experiment],
    waiting: Sequence[Experiment],
    to_queue: Sequence[Experiment],
    jobs: int,
) -> None:
    parts = [f"{len(to_queue)} to run"]
    if waiting:
        parts.append(f"{len(waiting)} in the queue already")
    if there:
        parts.append(f"{len(there)} run before")
    print(f"{len(planned)} experiments: {', '.join(parts)}; {jobs} at a time.")
    if there:
        print(
            "Those run before stand as they are: `dvc exp remove NAME` lets one run "
            f"again ({listed([each.name for each in there])})."
        )


def _queue(
    experiments: Experiments,
    to_queue: Sequence[Experiment],
    status: Status,
    revision: str,
) -> None:
    """Put experiments into the queue, in the place of those that failed.

    Raises:
        InputError: with every one that DVC refuses.
    """
    names = [each.name for each in to_queue]
    if failed := [x for x in names if status.states.get(x) == FAILED]:
        print(f"Failed before, and tried again: {listed(failed)}.")
    # What has ended in whatever way blocks its name.
    if stale := [name for name in names if name in status.states]:
        experiments.discard(stale, revision)
    refused = []
    for each in tqdm(to_queue, desc="queued", unit="run", disable=None):
        if reason := experiments.queue(each.name, each.overrides):
            refused.append(
                f"{each.name}: DVC must take it into its queue, got {reason!r}. Mend "
                "that and run again; what is in the queue stays there."
            )
    raise_faults(refused)


def _work_off(
    experiments: Experiments,
    missing: Sequence[Experiment],
    revision: str,
    jobs: int,
    seconds: float,
    times: Times,
) -> dict[str, str]:
    """Run what is missing; return why experiments failed, by name."""
    sections = {each.name: each.sections for each in missing}
    began: dict[str, float] = {}

    def look(status: Status) -> None:
        for name, state in status.states.items():
            if state == RUNNING and name in sections:
                began.setdefault(name, time.monotonic())

    def land(name: str, reference: str) -> str:
        if reference and name in began:
            times.add(sections[name], began[name], time.monotonic())
        return ""

    waiting = dict.fromkeys(sections, revision)
    return work_off(experiments, waiting, land, jobs, seconds, look)
