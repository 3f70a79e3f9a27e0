"""What is asked of DVC, and what it answers."""

import shlex
import sys

import pytest

from headswap.errors import InputError
from headswap.use import dvc
from headswap.use.experiments import parse_status, queue_arguments

STATUS = """Task     Name    Created    Status
c0403f7  two     07:06 PM   Running
3c69d43  three   Nov 25, 2026  Queued
7fd281b  bad     07:06 PM   Failed
fa3c72b  one     07:06 PM   Success

Worker status: 1 active, 0 idle
"""


def test_an_experiment_is_queued_under_its_name():
    arguments = queue_arguments("one", ("train.epochs=3", "data.levels=[a,b]"))
    assert shlex.join(arguments) == (
        "exp run --queue --name one -S train.epochs=3 -S 'data.levels=[a,b]'"
    )


def test_the_queue_says_the_state_of_each_task():
    status = parse_status(STATUS)
    assert status.states == {
        "two": "Running",
        "three": "Queued",
        "bad": "Failed",
        "one": "Success",
    }
    assert status.tasks[0] == ("c0403f7", "two", "Running")
    assert status.has_worker


def test_an_empty_queue_has_no_tasks():
    text = "No experiment tasks in the queue.\n\nWorker status: 0 active, 0 idle\n"
    status = parse_status(text)
    assert status.tasks == ()
    assert not status.has_worker


def test_messages_that_a_full_disk_emptied_are_named(tmp_path):
    messages = tmp_path / ".dvc" / "tmp" / "exps" / "celery" / "broker" / "in"
    messages.mkdir(parents=True)
    for name, content in {"1.msg": "", "2.msg": "{}", "3.lock": ""}.items():
        (messages / name).write_text(content)
    command = [sys.executable, "-c", "raise SystemExit(1)"]
    with pytest.raises(InputError, match=r"delete \.dvc/\S+/1\.msg\. Mend"):
        dvc.demand(tmp_path, *command)
    (messages / "1.msg").unlink()
    with pytest.raises(InputError, match=r"got ''\. Mend that"):
        dvc.demand(tmp_path, *command)
