"""Experiments -> run by DVC's queue or on a cluster, and what they say together.

Guaranteed: what has been run is not run again; what was interrupted goes on with the
next call; one that fails keeps no other from ending, and is named.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headswap.errors import InputError, listed, raise_faults
from headswap.machine.nodes import ADDRESS
from headswap.machine.parallel import num_cores
from headswap.params.train import UNORDERED
from headswap.use import dvc
from headswap.use.experiments import (
    QUEUED,
    RUNNING,
    Experiments,
    queue_arguments,
    run_arguments,
    settings,
)
from headswap.use.recipe import Grid
from headswap.use.sweep.distant import Cluster, run_on_cluster
from headswap.use.sweep.origin import count_files, hash_code, hash_pictures
from headswap.use.sweep.plan import Experiment, expand, plan
from headswap.use.sweep.queued import put_into_queue, run_queue
from headswap.use.sweep.times import Times, in_words

RUN = ("dvc", "exp", "run")


@dataclass(frozen=True)
class How:
    """How experiments are run.

    Attributes:
        jobs: how many at a time; None is one a core.
        is_only_queued: do not start what is queued.
        is_dry: only print the commands.
        cluster: that runs them; None for DVC's queue.
        seconds: between two looks at the queue.
    """

    jobs: int | None = None
    is_only_queued: bool = False
    is_dry: bool = False
    cluster: Cluster | None = None
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
    """Run a recipe: one experiment here, several by DVC's queue or on a cluster.

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
        _show(experiments, how, jobs)
        return
    _run_many(experiments, how, jobs, answer, root)


def _show(experiments: Sequence[Experiment], how: How, jobs: int) -> None:
    """Print the commands that would be run."""
    cluster = how.cluster
    arguments = run_arguments if cluster else queue_arguments
    if cluster:
        print(f"# {cluster.at_a_time}, each in a clone of its own")
    for each in experiments:
        print(_written(("dvc", *arguments(each.name, each.overrides))))
    if not cluster and not how.is_only_queued:
        print(f"dvc queue start -j {jobs}")


def _run_here(experiment: Experiment, is_dry: bool, root: Path) -> None:
    command = (*RUN, *settings(experiment.overrides))
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


def _run_many(
    planned: Sequence[Experiment],
    how: How,
    jobs: int,
    answer: Callable[[Sequence[Experiment]], None],
    root: Path,
) -> None:
    experiments, times = Experiments(root), Times(root)
    revision = experiments.revision()
    status = experiments.status()
    cluster = how.cluster
    there = [x for x in planned if experiments.find(x.name, revision)]
    missing = [x for x in planned if x not in there]
    waiting = [x for x in missing if status.states.get(x.name) in (QUEUED, RUNNING)]
    if cluster and waiting:
        names = [each.name for each in waiting]
        raise InputError(
            "headswap sweep: experiments for a cluster must not be in DVC's queue, got "
            f"{listed(names)}. Unset {ADDRESS} to run them there, or take them out: "
            f"`dvc queue remove {' '.join(names)}`."
        )
    at_a_time = cluster.at_a_time if cluster else f"{jobs} at a time"
    _announce(planned, there, waiting, at_a_time)
    if cluster:
        failures = run_on_cluster(cluster, experiments, missing, revision)
    else:
        if missing:
            forecast = times.forecast([each.sections for each in missing])
            num_files = max(count_files(x.sections["data"]["root"]) for x in missing)
            print("\n".join(in_words(forecast, jobs, num_files)), flush=True)
        to_queue = [x for x in missing if x not in waiting]
        put_into_queue(experiments, to_queue, status, revision)
        if how.is_only_queued:
            print(
                f"{len(missing)} wait in the queue. The same command without --queue "
                "starts them and compares; `dvc queue start` only starts them."
            )
            return
        failures = run_queue(experiments, missing, revision, jobs, how.seconds, times)
    ended = [x for x in planned if x.name not in failures]
    if ended:
        print()
        answer(ended)
    raise_faults([_failure(*each, is_queued=not cluster) for each in failures.items()])


def _failure(name: str, reason: str, *, is_queued: bool) -> str:
    """Return what is to be said of an experiment that failed: its error, if any."""
    errors = [line for line in reason.splitlines() if line.startswith("error: ")]
    said = " ".join(errors) if errors else reason
    more = f"; `dvc queue logs {name}` shows all it printed" if is_queued else ""
    return (
        f"{name}: the run must succeed, got: {said}\nMend that, and the same command "
        f"runs it again{more}."
    )


def _announce(
    planned: Sequence[Experiment],
    there: Sequence[Experiment],
    waiting: Sequence[Experiment],
    at_a_time: str,
) -> None:
    num_to_run = len(planned) - len(there) - len(waiting)
    parts = [f"{num_to_run} to run"]
    if waiting:
        parts.append(f"{len(waiting)} in the queue already")
    if there:
        parts.append(f"{len(there)} run before")
    print(f"{len(planned)} experiments: {', '.join(parts)}; {at_a_time}.")
    if there:
        print(
            "Those run before stand as they are: `dvc exp remove NAME` lets one run "
            f"again ({listed([each.name for each in there])})."
        )
