"""Pictures of many requests, computed together by one thread.

In: pictures at any time, from any thread. Out: for each call a future with what the
model says of its pictures, in their order. What waits is computed in one step, so
that the engine has work for all cores; a model is never asked by two threads at a time.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import NamedTuple

import numpy as np

from headswap.use.predict.said import Said

# From so many pictures on, a step takes no more requests.
_ENOUGH = 32


class _Job(NamedTuple):
    pictures: np.ndarray
    answer: "Future[Said]"


class Computer:
    """The thread that asks a model.

    Args:
        compute: (N, S, S, 3) uint8 -> what is said of N pictures.
    """

    def __init__(self, compute: Callable[[np.ndarray], Said]):
        self._compute = compute
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        threading.Thread(target=self._work, name="model", daemon=True).start()

    def submit(self, pictures: np.ndarray) -> "Future[Said]":
        """Return the future answer for pictures, (N, S, S, 3) uint8."""
        job = _Job(pictures, Future())
        self._jobs.put(job)
        return job.answer

    def stop(self) -> None:
        """Let the thread end once it has answered what it was given before."""
        self._jobs.put(None)

    def _work(self) -> None:
        while jobs := self._next_jobs():
            wanted = [job for job in jobs if job.answer.set_running_or_notify_cancel()]
            if not wanted:
                continue
            try:
                found = self._compute(np.concatenate([job.pictures for job in wanted]))
            # Whatever it is, those who asked are to be told, and the thread lives on.
            except Exception as error:
                for job in wanted:
                    job.answer.set_exception(error)
            else:
                _answer(wanted, found)

    def _next_jobs(self) -> Sequence[_Job]:
        """Wait for jobs; none once the thread is to end."""
        job = self._jobs.get()
        jobs, num_pictures = [], 0
        while job is not None:
            jobs.append(job)
            num_pictures += len(job.pictures)
            if num_pictures >= _ENOUGH:
                return jobs
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs
        if jobs:
            # To be found again behind these.
            self._jobs.put(None)
        return jobs


def _answer(jobs: Sequence[_Job], found: Said) -> None:
    start = 0
    for job in jobs:
        end = start + len(job.pictures)
        job.answer.set_result(found.part(start, end))
        start = end
