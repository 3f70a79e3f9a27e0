"""Work on many items at once, with results in order and memory that stays flat."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import TypeVar

from headswap.machine.progress import progress

Item = TypeVar("Item")
Result = TypeVar("Result")


def num_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    """Yield function(item) in the order of the items, computed on all cores.

    Threads, because decoding, warping and hashing release Python's lock. Only a few
    results wait at any time, so memory does not grow with the number of items.
    """
    remaining = iter(items)
    with ThreadPoolExecutor(num_cores()) as pool:
        waiting: deque[Future[Result]] = deque(
            pool.submit(function, item) for item in islice(remaining, 4 * num_cores())
        )
        while waiting:
            result = waiting.popleft().result()
            for item in islice(remaining, 1):
                waiting.append(pool.submit(function, item))
            yield result


def map_on_cores(
    function: Callable[[Item], Result], items: Sequence[Item], what: str, unit: str
) -> Iterator[Result]:
    """Yield function(item) in the order of the items, one process a core, with a bar.

    For work in which Python itself is busy. The function and the items are sent to the
    processes, so both must be picklable.

    Args:
        function: what is done.
        items: to do it with.
        what: is done, for the bar.
        unit: what an item is, for the bar.
    """
    workers = min(num_cores(), len(items))
    with progress(what=what, total=len(items), unit=unit) as bar:
        if workers < 2:
            for item in items:
                yield function(item)
                bar.update()
            return
        # Not forked: threads that a library has begun would be lost in a copy.
        with ProcessPoolExecutor(
            workers, get_context("spawn"), initializer=_end_with_parent
        ) as pool:
            for result in pool.map(function, items):
                yield result
                bar.update()


def _end_with_parent() -> None:
    """Let a process end when the one that began it is killed."""

    def wait() -> None:
        parent = parent_process()
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
