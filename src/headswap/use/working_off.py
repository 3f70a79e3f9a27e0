"""Working DVC's queue off: workers are kept at it until every experiment has ended.

Guaranteed: an experiment that fails keeps no other from landing, and none is waited for
that no worker has any more.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping

from tqdm import tqdm

from headswap.use.experiments import FAILED, QUEUED, RUNNING, Experiments, Status

# A worker that has work may miss a question, but not twenty in turn.
MAX_ODD_POLLS = 20
# On a busy machine DVC's answer may lack all experiments for minutes.
MAX_EMPTY_POLLS = 120
# A worker may have ended just before experiments were queued, been killed, or have read
# a message of DVC's queue that was being written.
MAX_IDLE_POLLS = 4
# A worker takes long to start on a busy machine, but not for ever.
MAX_STARTS = 30
NO_WORKER = (
    f"no worker takes it, though they were started {MAX_STARTS} times. It stays in the "
    "queue; `dvc queue start --verbose` shows what keeps them from it"
)


def work_off(
    experiments: Experiments,
    waiting: Mapping[str, str],
    land: Callable[[str, str], str],
    jobs: int = 1,
    seconds: float = 15.0,
    look: Callable[[Status], None] = lambda status: None,
) -> dict[str, str]:
    """Work the queue off; return why experiments failed, by name.

    Args:
        experiments: of the repository.
        waiting: the revisions that the queued ones start from, by name.
        land: called as each has ended, with its name and its reference, which is ""
            where it failed; returns "" or why what it gave is not good.
        jobs: how many at a time.
        seconds: between two looks at the queue.
        look: called with what the queue says at each look.
    """
    left = dict(waiting)
    failures: dict[str, str] = {}
    odd_polls: Counter[str] = Counter()
    idle_polls, idle_starts = MAX_IDLE_POLLS, 0
    with tqdm(total=len(left), desc="finished", unit="run", disable=None) as bar:
        while left:
            if idle_polls >= MAX_IDLE_POLLS:
                if idle_starts == MAX_STARTS:
                    return failures | dict.fromkeys(left, NO_WORKER)
                experiments.start(jobs)
                idle_polls, idle_starts = 0, idle_starts + 1
            status = experiments.status()
            look(status)
            states = {status.states.get(name) for name in left}
            num_running = [*status.states.values()].count(RUNNING)
            is_short = QUEUED in states and num_running < jobs
            idle_polls = idle_polls + 1 if is_short else 0
            if num_running:
                idle_starts = 0
            for name in list(left):
                reference = experiments.find(name, left[name])
                reason = None
                if reference is None:
                    reason = _failure(experiments, name, status, odd_polls)
                    if reason is None:
                        continue
                reason = land(name, reference or "") or reason
                if reason:
                    failures[name] = reason
                tqdm.write(f"{name}: {'failed' if reason else 'done'}")
                del left[name]
                idle_starts = 0
                bar.update()
            if left:
                time.sleep(seconds)
    return failures


def _failure(
    experiments: Experiments, name: str, status: Status, odd_polls: Counter[str]
) -> str | None:
    """Return why an experiment has failed; None while it may still end well.

    Counted is how often in turn nobody seems to have one that has not ended.
    """
    state = status.states.get(name)
    if state == FAILED:
        return f"`dvc queue logs {name}` ends with\n{experiments.log_end(name)}"
    is_odd = state != QUEUED and not (state == RUNNING and status.has_worker)
    odd_polls[name] = odd_polls[name] + 1 if is_odd else 0
    if odd_polls[name] < (MAX_ODD_POLLS if status.tasks else MAX_EMPTY_POLLS):
        return None
    return (
        f"no worker has it any more. Clear it away with `dvc queue kill {name}` "
        "and run again"
    )
