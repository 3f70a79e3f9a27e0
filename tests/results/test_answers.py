"""What `headswap compare` says of listed runs, kept while their figures stay."""

import subprocess
from dataclasses import replace

import pytest

from headswap.errors import InputError
from results.answers import Answer, ask, current_answers, parse_answers, read_answers
from results.stored import Figures, write_stored
from tests.compared import git, near, write_run

RUNS = ("low", "high")


@pytest.fixture
def made(tmp_path):
    """A repository with two experiments of its only commit, and figures of these."""
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "base")
    base = git(tmp_path, "rev-parse", "HEAD")
    for seed, (name, score) in enumerate(zip(RUNS, (0.8, 0.9), strict=True)):
        write_run(tmp_path, near(score, seed), near(score, seed), strategy=name)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", name)
        git(tmp_path, "update-ref", f"refs/exps/{base[:2]}/{base[2:]}/{name}", "HEAD")
        git(tmp_path, "reset", "-q", "--hard", base)
    return {name: Figures((), base, {}, {}) for name in RUNS}


@pytest.fixture
def answers(tmp_path):
    return tmp_path / "answers"


def test_an_answer_is_what_compare_prints_of_its_runs(made, tmp_path, answers):
    ask(tmp_path, {"which": RUNS}, made, answers)
    command = ["headswap", "compare", "--md", *RUNS]
    printed = subprocess.run(
        command, cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    stored = read_answers(answers)
    assert current_answers({"which": RUNS}, made, stored) == {
        "which": printed.rstrip("\n")
    }
    assert "Chosen: high" in printed


def test_an_answer_is_asked_anew_when_the_figures_are_of_other_code(
    made, tmp_path, answers
):
    ask(tmp_path, {"which": RUNS}, made, answers)
    (path,) = answers.iterdir()
    revisions = {name: figures.revision for name, figures in made.items()}
    write_stored(path, Answer(revisions, "as it was"))
    ask(tmp_path, {"which": RUNS}, made, answers)
    assert read_answers(answers)["which"].text == "as it was"
    write_stored(path, Answer(dict.fromkeys(RUNS, "older"), "as it was"))
    ask(tmp_path, {"which": RUNS}, made, answers)
    assert "Chosen: high" in read_answers(answers)["which"].text


def test_runs_without_figures_or_whose_experiments_are_elsewhere_are_not_compared(
    made, tmp_path, answers
):
    ask(tmp_path, {"which": (*RUNS, "third")}, made, answers)
    elsewhere = {**made, "low": replace(made["low"], revision="elsewhere")}
    ask(tmp_path, {"which": RUNS}, elsewhere, answers)
    assert read_answers(answers) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"runs": ("low", "high", "third")},
        {"figures": {"low": "abc", "high": "changed"}},
        {"figures": {"low": "abc"}},
    ],
)
def test_an_answer_of_other_runs_or_figures_is_not_shown(change):
    stored = {"which": Answer(dict.fromkeys(RUNS, "abc"), "Chosen: high.")}
    revisions = change.get("figures", dict.fromkeys(RUNS, "abc"))
    figures = {name: Figures((), each, {}, {}) for name, each in revisions.items()}
    questions = {"which": change.get("runs", RUNS)}
    assert current_answers(questions, figures, stored) == {}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["low", "hihg"], "made of low, high, got 'hihg'"),
        (["low"], "two runs or more"),
        (["low", "low"], "two runs or more"),
        ([], "two runs or more"),
        ("low", "a list"),
        (["low", 3], "made of low, high, got 3"),
    ],
)
def test_an_answer_needs_two_runs_that_exist(asked, expected):
    faults = []
    parse_answers({"which": asked}, RUNS, faults)
    assert any(
        f"results/runs.yaml: answers.which must be {expected}" in fault
        for fault in faults
    )


def test_a_file_that_is_no_answer_is_a_fault(answers):
    answers.mkdir()
    (answers / "which.json").write_text('{"text": 3}', encoding="utf-8")
    with pytest.raises(InputError, match=r"which\.json: .* must be .* Restore it"):
        read_answers(answers)
