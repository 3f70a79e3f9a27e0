"""Experiments -> DVC's queue, worked off.

Guaranteed: an interruption ends the waiting alone; what is in the queue goes on.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tqdm import tqdm

from headswap.errors import listed, raise_faults
from headswap.use.experiments import FAILED, RUNNING, Experiments, Status
from headswap.use.sweep.plan import Experiment
from headswap.use.sweep.times import Times
from headswap.use.working_off import work_off


def put_into_queue(
    experiments: Experiments,
    to_queue: Sequence[Experiment],
    status: Status,
    revision: str,
) -> None:
    """Put experiments into the queue, in the place of those that failed.

    Args:
        experiments: of the repository.
        to_queue: those to put there.
        status: of the queue now.
        revision: the commit that they start from.

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
    with _saying_what_goes_on():
        for each in tqdm(to_queue, desc="queued", unit="run", disable=None):
            if reason := experiments.queue(each.name, each.overrides):
                refused.append(
                    f"{each.name}: DVC must take it into its queue, got {reason!r}. "
                    "Mend that and run again; what is in the queue stays there."
                )
    raise_faults(refused)


def run_queue(
    experiments: Experiments,
    missing: Sequence[Experiment],
    revision: str,
    jobs: int,
    seconds: float,
    times: Times,
) -> dict[str, str]:
    """Run what is in the queue; return why experiments failed, by name.

    Args:
        experiments: of the repository.
        missing: those in its queue to wait for.
        revision: the commit that they start from.
        jobs: how many at a time.
        seconds: between two looks at the queue.
        times: where how long they took is kept.
    """
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
    with _saying_what_goes_on():
        return work_off(experiments, waiting, land, jobs, seconds, look)


@contextmanager
def _saying_what_goes_on() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        print(
            "\nInterrupted. What runs and waits in DVC's queue goes on; the same "
            "command takes it up again, and runs only what is missing. "
            "`dvc queue stop --kill` ends it.",
            flush=True,
        )
        raise
