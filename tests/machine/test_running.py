"""A stage ends in one line when interrupted, runs alone, and does not outlive DVC."""

import os
import signal
import subprocess
import sys
import time

import pytest

from headswap.machine.closure import SOURCE

BEGIN = "import time; from headswap.machine.running import *; "
READY = "print('ready', flush=True); "


@pytest.fixture
def start(tmp_path):
    """start(code): a process in an empty folder, that has said `ready`."""
    started = []

    def run(code, *, is_ready=True, arguments=(), **settings):
        process = subprocess.Popen(
            [sys.executable, "-c", BEGIN + code, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **settings,
        )
        started.append(process)
        if is_ready:
            assert process.stdout.readline() == "ready\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


WAITS = f"""
with interruptible('go on'):
    try:
        {READY}time.sleep(60)
    finally:
        print('kept')
"""
SWALLOWS = f"""
with interruptible('go on'):
    try:
        {READY}time.sleep(60)
    except KeyboardInterrupt as error:
        raise ValueError(str(error)) from error
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_stage_unwinds_and_says_one_line(start, number):
    process = start(WAITS)
    process.send_signal(number)
    assert process.communicate()[0] == "kept\ninterrupted: go on\n"
    assert process.returncode == 130


def test_an_interruption_that_a_library_turned_into_an_error_is_one(start):
    process = start(SWALLOWS)
    process.send_signal(signal.SIGINT)
    assert process.communicate()[0] == "interrupted: go on\n"
    assert process.returncode == 130


def test_an_error_stays_an_error(start):
    process = start("\nwith interruptible('go on'): raise ValueError", is_ready=False)
    assert "ValueError" in process.communicate()[0]
    assert process.returncode == 1


def test_the_second_process_of_a_stage_waits_for_the_first(start):
    first = start(f"\nwith only_one('train'): {READY}input()")
    other = start(f"\nwith only_one('split'): {READY}")
    assert other.wait() == 0
    second = start("\nwith only_one('train'): print('ran')", is_ready=False)
    waiting = "train: another process still runs it here; waiting\n"
    assert second.stdout.readline() == waiting
    assert second.poll() is None
    first.kill()
    assert second.communicate()[0] == "ran\n"


def test_the_first_stage_waits_for_those_that_a_killed_dvc_has_left(start):
    left = start(f"\nwith only_one('train'): {READY}input()")
    own = "\nwith only_one('check'): wait_for_others('check'); print('ran')"
    first = start(own, is_ready=False)
    waiting = "train: another process still runs it here; waiting\n"
    assert first.stdout.readline() == waiting
    left.kill()
    assert first.communicate()[0] == "ran\n"


def test_a_stage_ends_when_the_process_that_started_it_is_killed(start):
    child = f"""
end_with_parent()
with interruptible('go on'):
    print(os.getpid(), flush=True)
    {READY}time.sleep(60)
"""
    parent = start(
        "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])",
        is_ready=False,
        arguments=[BEGIN + "import os\n" + child],
    )
    number = int(parent.stdout.readline())
    assert parent.stdout.readline() == "ready\n"
    parent.kill()
    assert parent.stdout.read() == "interrupted: go on\n"
    assert has_ended(number)


def test_a_stage_ends_when_its_parent_died_before_it_could_look(start):
    child = """
input()
with interruptible('go on'):
    end_with_parent()
    time.sleep(60)
"""
    parent = start(
        "import subprocess, sys; "
        "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]]); "
        "print(child.pid, flush=True); time.sleep(60)",
        is_ready=False,
        arguments=[BEGIN + child],
        start_new_session=True,
    )
    number = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdin.write("\n")
    parent.stdin.flush()
    assert parent.stdout.read() == "interrupted: go on\n"
    assert has_ended(number)


def has_ended(number):
    for _ in range(100):
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
