"""The queue is worked off run by run: figures land, failures are told, none is lost."""

import json

import pytest

from headswap.errors import InputError
from headswap.use import working_off
from headswap.use.experiments import Status
from results.queue import (
    Folders,
    collect_runs,
    queue_runs,
    read_pending,
    still_there,
)
from results.stored import read_figures

RUNS = {"one": ("a.b=1",), "two": ("a.b=2",), "three": ("a.b=3",)}
EVALUATE = '{"kind": {"test": {"f1": 0.5}}}'


class FakeExperiments:
    """A queue that ends one run at each look: ok, empty, fail or lost.

    Args:
        outcomes: by run; `ok` where there is none.
        num_deaf: how many looks a worker lets pass before it works.
    """

    def __init__(self, outcomes=None, num_deaf=0):
        self.states = {}
        self.outcomes = outcomes or {}
        self.num_deaf = num_deaf
        self.discarded = []
        self.num_starts = 0

    def revision(self):
        return "abc"

    def discard(self, runs, revision):
        self.discarded += runs

    def queue(self, run, overrides):
        if self.outcomes.get(run) == "refuse":
            return "no such parameter"
        self.states[run] = "Queued"
        return ""

    def start(self, jobs):
        self.num_starts += 1

    def status(self):
        shown = dict(self.states)
        waiting = [run for run, state in shown.items() if state == "Queued"]
        if self.num_deaf:
            self.num_deaf -= 1
        elif waiting:
            shown[waiting[0]] = "Running"
            ends = {"fail": "Failed", "lost": "Running"}
            outcome = self.outcomes.get(waiting[0], "ok")
            self.states[waiting[0]] = ends.get(outcome, "Success")
        tasks = tuple(("0123456", run, state) for run, state in shown.items())
        return Status(tasks, has_worker=bool(waiting))

    def find(self, run, revision):
        is_there = self.states.get(run) == "Success" and revision == "abc"
        return f"refs/{run}" if is_there else None

    def read(self, reference, path):
        is_empty = self.outcomes.get(reference.removeprefix("refs/")) == "empty"
        return EVALUATE if path.endswith(".json") and not is_empty else None

    def log_end(self, run):
        return f"the log of {run}"


@pytest.fixture
def folders(tmp_path):
    return Folders(tmp_path / "figures", tmp_path / "pending")


def run_all(experiments, folders):
    waiting, refused = queue_runs(experiments, RUNS, folders, {})
    return {**refused, **collect_runs(experiments, waiting, RUNS, folders, 1, 0.0)}


def test_every_run_is_queued_and_its_figures_are_stored(folders):
    experiments = FakeExperiments()
    assert run_all(experiments, folders) == {}
    assert experiments.discarded == list(RUNS)
    stored = read_figures(folders.figures)
    assert {run: figures.overrides for run, figures in stored.items()} == RUNS
    assert {figures.revision for figures in stored.values()} == {"abc"}
    assert list(folders.pending.iterdir()) == []


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("fail", "the log of two"),
        ("empty", "no metrics/evaluate.json"),
        ("refuse", "no such parameter"),
        ("lost", "no worker has it"),
    ],
)
def test_a_run_that_fails_is_told_and_others_still_land(folders, outcome, reason):
    failures = run_all(FakeExperiments({"two": outcome}), folders)
    assert list(failures) == ["two"]
    assert reason in failures["two"]
    assert sorted(read_figures(folders.figures)) == ["one", "three"]
    assert list(folders.pending.iterdir()) == []


def test_workers_that_never_work_are_not_waited_for_without_end(folders):
    experiments = FakeExperiments(num_deaf=10**9)
    failures = run_all(experiments, folders)
    assert failures == dict.fromkeys(RUNS, working_off.NO_WORKER)
    assert experiments.num_starts == working_off.MAX_STARTS


def test_a_worker_that_died_is_replaced_while_another_works(folders):
    experiments = FakeExperiments()
    waiting, _ = queue_runs(experiments, RUNS, folders, {})
    shown = [("0123456", "one", "Running"), ("0123456", "two", "Queued")]
    polls = 3 * working_off.MAX_IDLE_POLLS

    def status():
        if experiments.num_looks < polls:
            experiments.num_looks += 1
            return Status(tuple(shown), has_worker=True)
        return FakeExperiments.status(experiments)

    experiments.num_looks, experiments.status = 0, status
    assert collect_runs(experiments, waiting, RUNS, folders, 2, 0.0) == {}
    assert experiments.num_starts >= 3


def test_figures_land_before_other_runs_end(folders):
    experiments = FakeExperiments()
    waiting, _ = queue_runs(experiments, RUNS, folders, {})
    seen = []
    status = experiments.status

    def interrupted():
        seen.append(sorted(read_figures(folders.figures)))
        if len(seen) == 3:
            raise KeyboardInterrupt
        return status()

    experiments.status = interrupted
    with pytest.raises(KeyboardInterrupt):
        collect_runs(experiments, waiting, RUNS, folders, 1, 0.0)
    assert seen == [[], ["one"], ["one", "two"]]
    assert list(read_pending(folders.pending, RUNS)) == ["three"]


def test_an_interrupted_call_is_taken_up_again(folders):
    experiments = FakeExperiments()
    queue_runs(experiments, RUNS, folders, {})
    pending = read_pending(folders.pending, RUNS)
    assert pending == dict.fromkeys(RUNS, "abc")
    assert still_there(experiments, pending) == pending
    experiments.states.update(one="Success", two="Failed")
    assert sorted(still_there(experiments, pending)) == ["one", "three"]


def test_what_was_queued_with_other_overrides_is_not_taken_up(folders):
    queue_runs(FakeExperiments(), RUNS, folders, {})
    runs = {**RUNS, "two": ("a.b=4",)}
    del runs["three"]
    assert list(read_pending(folders.pending, runs)) == ["one"]


def test_a_worker_that_has_died_is_replaced(folders):
    experiments = FakeExperiments(num_deaf=working_off.MAX_IDLE_POLLS)
    assert run_all(experiments, folders) == {}
    assert experiments.num_starts == 2


def test_a_worker_that_is_slow_to_start_is_left_alone(folders):
    experiments = FakeExperiments(num_deaf=working_off.MAX_IDLE_POLLS - 1)
    assert run_all(experiments, folders) == {}
    assert experiments.num_starts == 1


def test_nothing_is_queued_while_photographs_are_missing(folders):
    experiments = FakeExperiments()
    with pytest.raises(InputError, match="PHOTOS"):
        queue_runs(experiments, {"one": ("data.root=$PHOTOS/voc",)}, folders, {})
    assert experiments.states == {}


def test_the_photographs_folder_of_this_machine_is_not_kept(folders, tmp_path):
    runs = {"one": ("data.root=$PHOTOS/voc",)}
    queue_runs(FakeExperiments(), runs, folders, {"PHOTOS": str(tmp_path)})
    text = (folders.pending / "one.json").read_text(encoding="utf-8")
    assert json.loads(text)["overrides"] == ["data.root=$PHOTOS/voc"]
