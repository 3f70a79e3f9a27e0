"""Work on many items at once, with results in order and memory that stays flat."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import TypeVar

from headswap.machine.memory import available_memory
from headswap.machine.progress import progress

Item = TypeVar("Item")
Result = TypeVar("Result")

# From so many items on, what processes save is worth starting them.
MANY = 2000
CHUNK = 32
# What Python and the libraries take in a process of its own.
PROCESS_BYTES = 50_000_000


def num_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_in_order(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    num_waiting: int | None = None,
) -> Iterator[Result]:
    """Yield function(item) in the order of the items, computed on all cores.

    Threads, because decoding, warping and hashing release Python's lock. Only a few
    results wait at any time, so memory does not grow with the number of items.

    Args:
        function: what is done.
        items: to do it with.
        num_waiting: results at most that wait; by default four a core.
    """
    with ThreadPoolExecutor(num_cores()) as pool:
        yield from _in_order(pool, function, items, num_waiting or 4 * num_cores())


def map_many(
    function: Callable[[Sequence[Item]], Sequence[Result]],
    items: Sequence[Item],
    what: str,
    unit: str,
    chunk: int = 1,
) -> Iterator[Result]:
    """Yield the results of items in their order, computed on all cores, with a bar.

    Few items are done in threads, many in processes, in larger chunks: where an item
    takes less than a millisecond, threads wait for Python's lock. Which of the two
    changes no result.

    Args:
        function: returns the results of some items; picklable, as items and results
            are.
        items: to do it with.
        what: is done, for the bar.
        unit: what an item is, for the bar.
        chunk: how many items a thread is given at a time.
    """
    workers = num_cores()
    in_processes = len(items) >= MANY and workers > 1
    size = CHUNK if in_processes else chunk
    chunks = (items[start : start + size] for start in range(0, len(items), size))
    pool = _processes(workers) if in_processes else ThreadPoolExecutor(workers)
    with progress(what=what, total=len(items), unit=unit) as bar, pool:
        for results in _in_order(pool, function, chunks, 4 * workers):
            yield from results
            bar.update(len(results))


def map_on_cores(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    what: str,
    unit: str,
    num_bytes: int = 0,
) -> Iterator[Result]:
    """Yield function(item) in the order of the items, one process a core, with a bar.

    Where memory does not suffice for one a core, there are fewer.

    For work in which Python itself is busy. The function and the items are sent to the
    processes, so both must be picklable.

    Args:
        function: what is done.
        items: to do it with.
        what: is done, for the bar.
        unit: what an item is, for the bar.
        num_bytes: of memory that an item takes.
    """
    workers = min(num_cores(), len(items), _num_in_memory(num_bytes))
    with progress(what=what, total=len(items), unit=unit) as bar:
        if workers < 2:
            for item in items:
                yield function(item)
                bar.update()
            return
        with _processes(workers) as pool:
            for result in pool.map(function, items):
                yield result
                bar.update()


def _num_in_memory(num_bytes: int) -> int:
    """Return how many processes of a size the memory can hold, at least 1."""
    return max(1, available_memory() // (num_bytes + PROCESS_BYTES))


def _in_order(
    pool: Executor,
    function: Callable[[Item], Result],
    items: Iterable[Item],
    num_waiting: int,
) -> Iterator[Result]:
    remaining = iter(items)
    waiting: deque[Future[Result]] = deque(
        pool.submit(function, item) for item in islice(remaining, num_waiting)
    )
    while waiting:
        result = waiting.popleft().result()
        for item in islice(remaining, 1):
            waiting.append(pool.submit(function, item))
        yield result


def _processes(workers: int) -> ProcessPoolExecutor:
    # Not forked: threads that a library has begun would be lost in a copy.
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=_obey_parent)


def _obey_parent() -> None:
    """Let a process end when the one that began it does, and no sooner."""
    # A terminal interrupts all of them at once; the parent says so once.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait() -> None:
        parent = parent_process()
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
