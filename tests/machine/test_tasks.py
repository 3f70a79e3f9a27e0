"""Tasks take a GPU where they want one and there is one, and end in any order."""

import os
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from headswap.machine import tasks
from headswap.machine.nodes import Needs


class RayError(Exception):
    pass


class NodeDied(RayError):
    pass


class FakeRay:
    """Does a task when it is waited for; the last one that was handed in first.

    Attributes:
        taken: what each task was given, by its item.
        most_busy: how many were handed in at a time.
    """

    exceptions = SimpleNamespace(RayError=RayError)

    def __init__(self, num_gpus):
        self.num_gpus, self.taken, self.most_busy = num_gpus, {}, 0

    def cluster_resources(self):
        return {"CPU": 4.0, "GPU": self.num_gpus}

    def remote(self, **_):
        def wrap(work):
            def options(**taken):
                def hand_in(*arguments):
                    self.taken[arguments[1]] = taken
                    return work, arguments

                return SimpleNamespace(remote=hand_in)

            return SimpleNamespace(options=options)

        return wrap

    def wait(self, busy, num_returns):
        self.most_busy = max(self.most_busy, len(busy))
        return busy[-1:], busy[:-1]

    def get(self, handed_in):
        work, arguments = handed_in
        return work(*arguments)


@pytest.fixture
def run(monkeypatch):
    """run(work, items, ray, most): items and what was made of them, in order."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")

    def make(work, items, ray, most=None):
        @contextmanager
        def connected(address):
            yield ray

        monkeypatch.setattr(tasks, "connected", connected)
        monkeypatch.setattr(tasks, "require_equal_nodes", lambda ray, needs: {})
        return list(tasks.run_tasks("head:1", work, items, Needs([], []), most))

    return make


ITEMS = [("linear", False), ("fine-tuned", True), ("other", False)]


@pytest.mark.parametrize("num_gpus", [0, 2])
def test_what_wants_a_gpu_takes_one_where_there_is_one(run, num_gpus):
    ray = FakeRay(num_gpus)
    assert run(len, ITEMS, ray) == [("other", 5), ("fine-tuned", 10), ("linear", 6)]
    core, gpu = {"num_cpus": 1, "num_gpus": 0}, {"num_cpus": 1, "num_gpus": 1}
    assert ray.taken == {
        "linear": core,
        "fine-tuned": gpu if num_gpus else core,
        "other": core,
    }
    assert ray.most_busy == 3


def test_no_more_run_at_a_time_than_asked_for(run):
    ray = FakeRay(0)
    assert len(run(len, ITEMS, ray, most=2)) == 3
    assert ray.most_busy == 2


def test_an_item_that_ends_its_processes_keeps_no_other_from_ending(run):
    def work(item):
        if item == "other":
            raise NodeDied("the node died")
        return len(item)

    found = dict(run(work, ITEMS, FakeRay(0)))
    assert found == {"linear": 6, "fine-tuned": 10, "other": "the node died"}


def test_who_has_asked_for_no_gpu_sees_none(run):
    def visible(item):
        return os.environ["CUDA_VISIBLE_DEVICES"]

    assert run(visible, [("fine-tuned", True)], FakeRay(2)) == [("fine-tuned", "0,1")]
    assert run(visible, [("linear", False)], FakeRay(2)) == [("linear", "")]
