"""`headswap compare` chooses by validation, and says no more than the runs do."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from headswap.artifacts.dataset.labels import Labels, write_labels
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.predictions import Predictions, write_predictions
from headswap.artifacts.storage.tables import write_table
from headswap.cli import main
from headswap.errors import InputError
from headswap.use.compare.answer import compare, require_not_worse
from headswap.use.compare.differences import difference_of
from headswap.use.compare.runs import read_runs
from headswap.use.compare.table import table
from headswap.use.compare.words import as_json, as_markdown, sentences
from headswap.use.experiments import Status
from tests.compared import METRICS, NUM_ROUNDS, git, near, write_run


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty repository, as the current folder."""
    git(tmp_path, "init", "-q", "-b", "main")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def commit(project):
    """commit(tag, ...): a run as a commit with a tag; the last one is HEAD too."""

    def make(tag, *arguments, **options):
        write_run(project, *arguments, **options)
        git(project, "add", "-A")
        git(project, "commit", "-q", "--allow-empty", "-m", tag)
        git(project, "tag", tag)

    return make


@pytest.fixture
def three(commit):
    """Test says the reverse of validation, so that a choice by it would be another."""
    commit("good", near(0.9, 1), near(0.7, 1), strategy="cascade", wrong=range(10))
    commit("close", near(0.899, 2), near(0.8, 2), wrong=range(5, 15), cost=25)
    commit("bad", near(0.6, 3), near(0.95, 3), strategy="independent", cost=1)
    return ["good", "close", "bad"]


def answer_of(names, delta=0.02):
    return compare(read_runs(names, False, Path()), delta)


def test_validation_chooses_and_test_has_no_say(three):
    answer = answer_of(three)
    assert [run.name for run in answer.runs] == ["good", "close", "bad"]
    assert [run.name for run in answer.undecided] == ["close"]
    assert answer.cheapest.name == "close"
    assert answer.validation["bad"].p < 0.001
    assert answer.validation["bad"].high < -0.25
    assert answer.test["bad"].value == pytest.approx(0.25, abs=0.02)


def test_the_stated_figure_is_that_of_each_round_s_own_choice(commit):
    first, second = np.tile([0.9, 0.8], 5), np.full(NUM_ROUNDS, 0.84)
    commit("first", first, np.full(NUM_ROUNDS, 0.7))
    commit("second", second, np.full(NUM_ROUNDS, 0.6), strategy="cascade")
    answer = answer_of(["first", "second"])
    assert answer.times_chosen == {"first": 5, "second": 5}
    assert answer.nested.mean() == pytest.approx(0.65)
    assert answer.chosen.name == "first"
    text = " ".join(sentences(answer))
    # By the deviation of 0.7 and 0.6 in turn, and the t quantile of 9 degrees.
    assert "State 0.650 [0.590, 0.710]: the mean test score" in text
    assert "The chosen run's own, 0.700, is slightly optimistic on average" in text
    assert "in 5 of 10 rounds" in text


def test_a_run_that_every_round_chooses_has_no_figure_of_its_own_beside_that(commit):
    commit("first", np.full(NUM_ROUNDS, 0.9), near(0.7, 1))
    commit("second", np.full(NUM_ROUNDS, 0.8), near(0.7, 2), strategy="cascade")
    text = " ".join(sentences(answer_of(["first", "second"])))
    assert "the mean test score: each round's validation chooses it." in text
    assert "optimistic" not in text


def test_the_words_say_what_was_found(three):
    text = " ".join(sentences(answer_of(three)))
    assert "Chosen: good, by the highest validation score (f1 of kind)" in text
    assert "Not told apart from it by validation: close. Worse: 1 of 2 others." in text
    assert "Cheapest of these: close, which computes 4.0 times less" in text
    assert "Test macro F1 of kind: 0.7" in text
    assert "for 8.3% of the test images. 120 test groups show" in text
    assert "That choice is weak" not in text


def test_few_validation_images_make_a_weak_choice(commit):
    commit("only", near(0.9, 1), near(0.9, 1), num_images=40)
    text = " ".join(sentences(answer_of(["only"])))
    assert "That choice is weak: validation has 40 images a round." in text
    assert "slightly optimistic" not in text


def test_p_values_are_adjusted_for_all_comparisons(commit):
    commit("best", near(0.9, 1), near(0.9, 1))
    names = ["best"]
    for number in range(4):
        values = near(0.9 - 0.008, 10 + number)
        commit(f"other{number}", values, values, strategy=f"s{number}")
        names.append(f"other{number}")
    alone = {name: answer_of(["best", name]).validation[name].p for name in names[1:]}
    together = answer_of(names).validation
    smallest = min(alone, key=alone.__getitem__)
    assert together[smallest].p == pytest.approx(min(1, 4 * alone[smallest]))
    assert all(together[name].p >= p for name, p in alone.items())


def test_one_split_is_compared_by_swapping_answers(commit):
    commit("right", [0.95], [0.95], wrong=range(4))
    commit("wrong", [0.60], [0.60], wrong=range(48), strategy="cascade")
    answer = answer_of(["right", "wrong"])
    assert answer.validation["wrong"].p < 0.001
    assert -0.5 < answer.validation["wrong"].low < answer.validation["wrong"].high < 0
    assert len(answer.nested) == 1
    assert "chosen on one split" in " ".join(sentences(answer))


def test_two_rounds_are_not_tested(commit):
    commit("one", [0.9, 0.8], [0.9, 0.8])
    commit("two", [0.8, 0.7], [0.8, 0.7], strategy="cascade")
    answer = answer_of(["one", "two"])
    assert answer.validation["two"].p is None
    assert "Not tested: two. Set split.repeats=3" in " ".join(sentences(answer))


def test_runs_with_other_images_are_listed_and_not_compared(commit):
    commit("best", near(0.9, 1), near(0.9, 1))
    commit("other", near(0.8, 2), near(0.8, 2), split="b2.dir")
    commit("fewer", near(0.7, 3), near(0.7, 3), num_images=100)
    answer = answer_of(["best", "other", "fewer"])
    assert answer.validation == {}
    assert [row[4] for row in table(answer)[1:]] == ["chosen"] + ["other images"] * 2
    assert "Not compared" in " ".join(sentences(answer))


def test_only_parameters_that_differ_are_shown(three):
    header, *rows = table(answer_of(three))
    assert header[1] == "differs in"
    assert [row[1] for row in rows] == [
        "strategy=cascade",
        "strategy=multi_output",
        "strategy=independent",
    ]


def test_the_workspace_and_the_last_commit_s_experiments_are_the_default(
    commit, project
):
    commit("base", near(0.8, 1), near(0.8, 1))
    base = git(project, "rev-parse", "HEAD")
    commit("made", near(0.9, 1), near(0.9, 1), strategy="cascade")
    reference = f"refs/exps/{base[:2]}/{base[2:]}/brave-name"
    git(project, "update-ref", reference, "made")
    git(project, "update-ref", "refs/exps/stash", "made")
    git(project, "reset", "-q", "--hard", "base")
    write_run(project, near(0.7, 1), near(0.7, 1), strategy="independent")
    names = [run.name for run in read_runs([], False, Path())]
    assert names == ["workspace", "brave-name"]
    assert [run.name for run in read_runs(["brave-name"], False, Path())] == [
        "brave-name"
    ]
    git(project, "checkout", "-q", "--force", "made")
    assert [run.name for run in read_runs([], False, Path())] == ["workspace"]
    everything = read_runs(["base"], True, Path())
    assert [run.name for run in everything] == ["base", "brave-name"]


def test_the_same_run_under_two_names_is_one(commit):
    commit("base", near(0.8, 1), near(0.8, 1))
    names = [
        run.name for run in read_runs(["base", "HEAD", "workspace"], False, Path())
    ]
    assert names == ["base"]


def test_faults_of_all_names_are_told_together(commit, project):
    commit("base", near(0.8, 1), near(0.8, 1))
    git(project, "rm", "-q", "metrics/cost.json", "metrics/repeats.csv")
    git(project, "commit", "-q", "-m", "without")
    with pytest.raises(InputError) as raised:
        read_runs(["base", "nowhere", "HEAD"], False, Path())
    first, second = str(raised.value).splitlines()
    assert "got 'nowhere'" in first
    assert (
        "got none of metrics/repeats.csv, metrics/cost.json. Run `dvc repro`" in second
    )


def test_a_real_and_relevant_loss_fails(three, capsys):
    with pytest.raises(SystemExit, match=r"bad must not be worse than good, got -0\.3"):
        main(["compare", "good", "close", "bad", "--fail-if-worse"])
    main(["compare", "bad", "good", "--fail-if-worse"])
    main(["compare", "good", "close", "--fail-if-worse"])
    main(["compare", "good", "bad", "--fail-if-worse", "--delta", "0.5"])
    assert "Chosen: good" in capsys.readouterr().out


@pytest.mark.parametrize("delta", ["0", "-0.1", "1.5", "nan", "much"])
def test_a_difference_that_cannot_matter_is_refused(three, capsys, delta):
    with pytest.raises(SystemExit):
        main(["compare", *three, f"--delta={delta}"])
    assert "argument --delta" in capsys.readouterr().err


def test_runs_that_cannot_be_compared_fail_rather_than_pass(commit):
    commit("before", near(0.8, 1), near(0.8, 1))
    commit("after", near(0.8, 1), near(0.8, 1), split="b2.dir")
    before, after = read_runs(["before", "after"], False, Path())
    with pytest.raises(InputError, match=r"must have the images"):
        require_not_worse(after, before, 0.02)


def test_a_loss_that_nothing_can_judge_fails_rather_than_passes(commit):
    commit("before", near(0.9, 1)[:2], near(0.9, 1)[:2])
    commit("after", near(0.2, 1)[:2], near(0.2, 1)[:2])
    with pytest.raises(SystemExit, match=r"nothing says whether chance explains it"):
        main(["compare", "before", "after", "--fail-if-worse"])
    main(["compare", "after", "before", "--fail-if-worse"])


@pytest.mark.survives("doors")
def test_markdown_has_a_table_and_takes_names_literally(three):
    answer = answer_of(three)
    odd = dataclasses.replace(answer.runs[0], name="a|b<script>")
    answer = dataclasses.replace(answer, runs=[odd, *answer.runs[1:]])
    lines = as_markdown(answer).splitlines()
    assert lines[1] == "| " + " | ".join(["---"] * 8) + " |"
    assert lines[2].startswith(r"| a\|b\<script\> |")
    assert any(line.startswith("- Chosen: ") for line in lines)


def test_a_p_value_that_rounds_to_nothing_is_not_nothing(three):
    text = as_markdown(answer_of(three))
    assert r"| \<0.001 |" in text
    assert "| 0.000 |" not in text


def test_one_other_that_is_worse_is_not_called_all_of_them(three):
    assert "The other is worse, more than" in as_markdown(answer_of(["good", "bad"]))


def test_a_real_difference_that_does_not_matter_is_told_to_be_one(commit):
    values = near(0.9, 1)
    commit("best", values, values)
    commit("little", values - near(0.01, 2, 0.001), values, strategy="cascade")
    text = " ".join(sentences(answer_of(["best", "little"])))
    assert "The other is worse, more than chance explains." in text
    assert (
        "Worse by less than 0.02, the difference that matters (--delta): little" in text
    )
    assert "difference that matters" not in " ".join(
        sentences(answer_of(["best", "little"], delta=0.005))
    )


def label_several(folder, predicted):
    """Make the answers those of a task with several labels, of which one may be none.

    Args:
        folder: of the project.
        predicted: the cell of each image, by turns.
    """
    path = folder / METRICS / "predictions.csv"
    cells = ["oak|elm", "", "oak", "elm"]
    write_table(
        path,
        ["image_id", "group", "part", "task", "actual", "predicted", "probability"],
        [
            (
                f"{part}{n}",
                "",
                part,
                "kind",
                cells[n % 4],
                predicted[n % len(predicted)],
                0,
            )
            for part in ("validation", "test")
            for n in range(120)
        ],
    )


def test_no_label_is_no_class_of_its_own(commit, project):
    """Of several labels an image may show none; who sees that has nothing right."""
    for name, predicted in {
        "none_seen": ["oak|elm", "", "", ""],
        "too_many": ["oak|elm", "oak|elm", "", ""],
    }.items():
        write_run(project, [0.5], [0.5], strategy=name)
        label_several(project, predicted)
        git(project, "add", "-A")
        git(project, "commit", "-q", "-m", name)
        git(project, "tag", name)
    first, second = read_runs(["none_seen", "too_many"], False, Path())
    found = difference_of(second, first, "test")
    # Macro F1 of two classes: both 30 of 60 right, with 30 or with 60 answers.
    assert (found.low + found.high) / 2 == pytest.approx(1 / 2 - 2 / 3, abs=0.03)


def make_two_tasks(folder):
    path = folder / METRICS / "intervals.json"
    intervals = json.loads(path.read_text())
    intervals["place"] = intervals["kind"]
    path.write_text(json.dumps(intervals))
    for name in ("repeats", "predictions"):
        path = folder / METRICS / f"{name}.csv"
        header, *rows = path.read_text().splitlines()
        more = [row.replace("kind", "place") for row in rows]
        path.write_text("\n".join([header, *rows, *more]) + "\n")


def test_a_mean_over_tasks_has_an_interval_too(project):
    write_run(project, near(0.9, 1), near(0.8, 2))
    make_two_tasks(project)
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "two")
    _, row = table(answer_of(["HEAD"]))
    spread = 2.262 * 0.5 * near(0.8, 2).std(ddof=1)
    low, high = near(0.8, 2).mean() - spread, near(0.8, 2).mean() + spread
    assert row[3] == f"{near(0.8, 2).mean():.3f} [{low:.3f}, {high:.3f}]"


def test_json_has_the_same_answer(three):
    facts = json.loads(as_json(answer_of(three)))
    assert facts["chosen"] == "good"
    assert facts["not_told_apart"] == ["close"]
    assert facts["runs"][2]["validation_less_chosen"]["p"] < 0.001
    assert facts["runs"][0]["differs_in"] == {"train.strategy": "cascade"}


@pytest.mark.parametrize("width", [60, 100, 200])
def test_the_table_is_no_wider_than_the_terminal(three, capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    main(["compare", *three])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert "strategy=cascade" in "".join(lines) or width == 60


SAME_IMAGES = {"estimand": "these models", "images": 120, "groups": 120, "rounds": 4}


def write_all_rounds(folder, right, num_rounds=4):
    """What stages made, for 120 test images of two classes.

    Args:
        folder: of the project.
        right: share of the answers that are right.
        num_rounds: all with the same parts.
    """
    images = [f"i{number}" for number in range(240)]
    parts = ["validation", "test"] * 120
    for name in ("prepared", "split", "predictions"):
        (folder / "data" / name).mkdir(parents=True, exist_ok=True)
    cells = ["oak", "oak", "elm", "elm"] * 60
    write_table(
        folder / "data/prepared/index.csv",
        ["image_id", "path", "kind"],
        zip(images, images, cells, strict=True),
    )
    task = Task("kind", "multiclass", ("elm", "oak"))
    write_labels(folder / "data/prepared/labels.json", Labels([task], []))
    write_table(
        folder / "data/split/split.csv",
        ["image_id", "group", "round", "part"],
        [
            (image, image, number, part)
            for number in range(num_rounds)
            for image, part in zip(images, parts, strict=True)
        ],
    )
    is_right = np.random.default_rng(1).random((num_rounds, 240, 1)) < right
    targets = task.encode(cells)
    probabilities = np.where(is_right, targets, 1 - targets)
    predictions = {"kind": Predictions(probabilities, None)}
    write_predictions(folder / "data/predictions", predictions, "independent")


def score_the_same_images(folder):
    path = folder / METRICS / "intervals.json"
    intervals = json.loads(path.read_text())
    for part in intervals["kind"].values():
        del part["spread"]
        part.update(SAME_IMAGES)
    path.write_text(json.dumps(intervals))


@pytest.fixture
def given_parts(project, monkeypatch):
    """Runs `good`, `alike` and `bad`, whose four rounds all score the same images."""
    places = {}
    for name, right in (("good", 0.9), ("alike", 0.88), ("bad", 0.6)):
        places[name] = project / name
        write_all_rounds(project / name, right)
        write_run(project, [right] * 4, [right] * 4, strategy=name)
        score_the_same_images(project)
        git(project, "add", "params.yaml", "dvc.lock", METRICS)
        git(project, "commit", "-q", "-m", name)
        git(project, "tag", name)

    def cached(revisions, name, paths):
        return {path: places[name] / path for path in paths}

    monkeypatch.setattr("headswap.use.compare.revisions.Revisions.cached", cached)
    return places


def test_rounds_that_score_the_same_images_are_compared_by_all_their_answers(
    given_parts,
):
    answer = answer_of(["good", "alike", "bad"])
    assert answer.validation["bad"].p < 0.001
    assert answer.test["bad"].p < 0.001
    assert [run.name for run in answer.undecided] == ["alike"]
    assert "Not tested" not in " ".join(sentences(answer))


def test_answers_that_the_cache_lacks_are_told(given_parts, monkeypatch):
    def missing(revisions, name, paths):
        raise InputError(f"DVC's cache must have {paths[0]} of {name}.")

    monkeypatch.setattr("headswap.use.compare.revisions.Revisions.cached", missing)
    answer = answer_of(["good", "bad"])
    assert answer.validation["bad"].p is None
    text = " ".join(sentences(answer))
    assert "Not tested: bad. All rounds score the same images" in text
    assert "DVC's cache must have data/prepared/index.csv of bad." in text


def rank(folder):
    """Make precision by rank what decides, in one round."""
    path = folder / METRICS / "intervals.json"
    text = path.read_text().replace('"f1"', '"mean_average_precision"')
    path.write_text(text)
    path = folder / METRICS / "repeats.csv"
    path.write_text(path.read_text().replace(",f1,", ",mean_average_precision,"))


@pytest.fixture
def one_round_by_rank(project, monkeypatch):
    """Runs `good` and `bad`, whose average precision decides in one round."""
    for name, right in (("good", 0.9), ("bad", 0.6)):
        write_all_rounds(project / name, right, num_rounds=1)
        write_run(project, [right], [right], strategy=name)
        rank(project)
        git(project, "add", "params.yaml", "dvc.lock", METRICS)
        git(project, "commit", "-q", "-m", name)
        git(project, "tag", name)

    def cached(revisions, name, paths):
        return {path: project / name / path for path in paths}

    monkeypatch.setattr("headswap.use.compare.revisions.Revisions.cached", cached)


@pytest.mark.usefixtures("one_round_by_rank")
def test_average_precision_is_tested_by_its_own_probabilities():
    found = answer_of(["good", "bad"]).validation["bad"]
    assert found.p < 0.001
    assert found.low < found.value < found.high < 0


@pytest.mark.usefixtures("one_round_by_rank")
def test_average_precision_whose_probabilities_the_cache_lacks_is_not_tested(
    monkeypatch,
):
    def missing(revisions, name, paths):
        raise InputError(f"DVC's cache must have {paths[0]} of {name}.")

    monkeypatch.setattr("headswap.use.compare.revisions.Revisions.cached", missing)
    text = " ".join(sentences(answer_of(["good", "bad"])))
    assert "Not tested: bad. Average precision takes the probabilities of all" in text
    assert "DVC's cache must have data/prepared/index.csv of bad." in text


def test_runs_that_nobody_named_are_left_out_where_they_have_no_figures(
    commit, project, capsys
):
    commit("base", near(0.8, 1), near(0.8, 1))
    base = git(project, "rev-parse", "HEAD")
    git(project, "rm", "-q", "metrics/cost.json")
    git(project, "commit", "-q", "-m", "older")
    git(project, "update-ref", f"refs/exps/{base[:2]}/{base[2:]}/older-name", "HEAD")
    git(project, "reset", "-q", "--hard", "base")
    assert [run.name for run in read_runs([], False, Path())] == ["workspace"]
    assert (
        "note: left out: headswap compare: older-name must" in capsys.readouterr().err
    )
    with pytest.raises(InputError, match=r"older-name must have"):
        read_runs(["base", "older-name"], False, Path())


def test_of_experiments_with_one_name_the_last_commit_s_is_meant(commit, project):
    commit("first", near(0.8, 1), near(0.8, 1))
    commit("older", near(0.7, 2), near(0.7, 2), strategy="cascade")
    commit("newer", near(0.9, 3), near(0.9, 3), strategy="independent")
    for base, made in (("first", "older"), ("older", "newer")):
        commit_of = git(project, "rev-parse", base)
        git(project, "update-ref", f"refs/exps/{commit_of[:2]}/{commit_of[2:]}/x", made)
    for base, strategy in (("first", "cascade"), ("older", "independent")):
        git(project, "checkout", "-q", base)
        (run,) = read_runs(["x"], False, Path())
        assert run.params["train.strategy"] == strategy


def test_an_experiment_that_failed_is_told_apart_from_a_wrong_name(commit, monkeypatch):
    commit("base", near(0.8, 1), near(0.8, 1))
    state = Status((("0123456", "lost", "Failed"),), False)
    monkeypatch.setattr(
        "headswap.use.experiments.Experiments.status", lambda self: state
    )
    with pytest.raises(InputError) as raised:
        read_runs(["base", "lost", "wrong"], False, Path())
    first, second = str(raised.value).splitlines()
    assert "the experiment lost must have ended well, got one that is failed" in first
    assert "`dvc queue logs lost`" in first
    assert "got 'wrong'" in second


def test_another_data_set_is_listed_and_not_compared(commit, project):
    commit("best", near(0.9, 1), near(0.9, 1))
    commit("other", near(0.8, 2), near(0.8, 2))
    for name in ("repeats.csv", "predictions.csv", "intervals.json"):
        path = project / METRICS / name
        path.write_text(path.read_text().replace("kind", "scene"))
    git(project, "commit", "-q", "-a", "-m", "scenes")
    answer = answer_of(["best", "HEAD"])
    assert answer.validation == {}
    assert "Not compared, as images, labels or splits are others: HEAD." in " ".join(
        sentences(answer)
    )


def test_a_test_part_of_one_class_is_compared_all_the_same(commit, project):
    for name, wrong in (("best", range(0)), ("other", range(1, 61, 2))):
        commit(name, [1 - len(wrong) / 120], [0.5], strategy=name, wrong=wrong)
        path = project / METRICS / "predictions.csv"
        path.write_text(path.read_text().replace("kind,'=elm,", "kind,oak,"))
        git(project, "commit", "-q", "-a", "-m", name)
        git(project, "tag", "-f", name)
    answer = answer_of(["best", "other"])
    assert answer.chosen.name == "best"
    assert answer.test["other"].p < 1
    assert list(sentences(answer))


def test_a_part_without_figures_is_told(commit, project):
    commit("base", near(0.8, 1), near(0.8, 1))
    path = project / METRICS / "intervals.json"
    intervals = json.loads(path.read_text())
    del intervals["kind"]["test"]
    path.write_text(json.dumps(intervals))
    with pytest.raises(InputError, match=r"workspace must have scores of"):
        read_runs(["workspace"], False, Path())
