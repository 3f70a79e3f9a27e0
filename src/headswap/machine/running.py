"""A stage's process: interrupted in one line, alone in its folder, gone when DVC is.

DVC's own lock says who may start a stage; but where DVC is killed, the stage it had
started goes on, and another DVC would start a second one that writes the same files.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from filelock import FileLock, Timeout

LOCKS = Path(".headswap") / "running"
INTERRUPTED = 130  # As shells count: 128 and the number of the signal.
_SECONDS_BETWEEN = 0.5
_SECONDS_TO_END = 10.0


@contextmanager
def interruptible(advice: str) -> Iterator[None]:
    """End the process with one line where it is interrupted or told to end.

    Both unwind it, so that what was computed is kept.

    Args:
        advice: what to do next.
    """
    interruptions = []

    def interrupt(number: int, _: FrameType | None) -> NoReturn:
        interruptions.append(number)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        yield
    except BaseException:
        # Whatever it is: a library may have made an error of its own of it.
        if not interruptions:
            raise
        print(f"interrupted: {advice}", file=sys.stderr, flush=True)
        sys.exit(INTERRUPTED)


@contextmanager
def ended_like_interrupted() -> Iterator[None]:
    """Let a process that is told to end unwind as one that is interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def only_one(stage: str) -> Iterator[None]:
    """Wait until no other process runs a stage in this folder, then be the only one."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    lock = FileLock(LOCKS / f"{stage}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"{stage}: another process still runs it here; waiting", flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def wait_for_others(stage: str) -> None:
    """Wait until no stage but this one runs in this folder.

    One that a killed DVC has left unwinds, and takes its outputs away with it: before
    DVC puts there what it knows of them, that has to have ended.
    """
    for file in sorted(LOCKS.glob("*.lock")):
        if file.stem != stage:
            with only_one(file.stem):
                pass


def end_with_parent() -> None:
    """Let this process end as if interrupted when the one that started it has died.

    A parent in another session is not that one: it died before we could look at it,
    and what adopts the processes of the dead has a session of its own.
    """
    parent = os.getppid()
    is_adopted = os.getsid(parent) != os.getsid(0)

    def wait() -> None:
        while not is_adopted and os.getppid() == parent:
            time.sleep(_SECONDS_BETWEEN)
        while True:
            os.kill(os.getpid(), signal.SIGTERM)
            # Again, in case a library has swallowed it.
            time.sleep(_SECONDS_TO_END)

    threading.Thread(target=wait, daemon=True).start()
