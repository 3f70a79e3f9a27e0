"""The page: what is known first, everything else on it or counted, any name a text."""

from dataclasses import replace

import numpy as np
import pytest

from headswap import params
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import read_features
from headswap.report.answer_section import answer_section, how_sure, stated_scores
from headswap.report.gallery_section import least_sure, most_sure_mistakes
from headswap.report.neighbours import find_nearest
from headswap.report.ran_section import DEFAULTS
from headswap.report.run import Answer
from tests.report.conftest import entry, make_run, part_of, section, write_features

MAX_BYTES = 10_000_000
HOSTILE = '<img src=x onerror="alert(1)">'
FORMULA = "=HYPERLINK(1)"


def test_what_is_known_stands_first_and_begins_with_the_score(build):
    page = build(make_run())
    first = page.partition("<section ")[2]
    assert first.startswith('id="answer"')
    told = section(page, "answer").partition("<li")[2]
    assert "Test macro F1 of kind: 0.750 (0.500, 0.900)" in told.partition("</li>")[0]


def test_figures_of_a_model_of_all_pictures_are_said_to_be_those_of_the_rounds():
    run = make_run()
    said = [str(answer_section(run, final).body) for final in ("first", "all")]
    assert "fitted to every picture, those of test too" not in said[0]
    assert "fitted to every picture, those of test too" in said[1]


def test_a_weak_validation_part_is_said():
    weak = "\n".join(how_sure(make_run()))
    assert "validation has 4 images" in weak
    strong = make_run()
    strong.intervals["kind"]["validation"]["images"] = 400.0
    assert "weak" not in "\n".join(how_sure(strong))


def test_a_score_without_an_interval_says_why():
    run = make_run()
    lacks = {**entry(low=None, high=None), "method": "19 groups are too few"}
    run.intervals["kind"]["test"] = part_of(f1=lacks)
    assert "no interval: 19 groups are too few." in next(stated_scores(run))


def test_a_run_without_test_labels_has_a_page_that_says_so(build):
    run = make_run()
    nothing = {name: [] for name in run.classes}
    run = replace(
        run, intervals={}, classes=nothing, confusions={}, answers={"kind": []}
    )
    page = build(run)
    assert "nothing is known of this run" in section(page, "answer")
    assert "No test image has a label" in section(page, "confusions")


def test_a_test_part_of_one_class_has_a_page(build):
    run = make_run(class_names=("cat",))
    none = {**entry(None, None, None), "method": "one class has no AUC"}
    run.intervals["kind"]["test"] = part_of(f1=entry(), auc=none)
    page = build(run)
    assert "one class has no AUC" in section(page, "scores")
    assert "Every test image is right." in section(page, "confusions")
    assert "No test picture is wrong." in section(page, "wrong")


@pytest.mark.parametrize("name", [HOSTILE, FORMULA, "a\u202eb", "</svg><script>"])
def test_a_name_is_text_whatever_it_is(build, name):
    run = make_run(class_names=(name, "dog"), paths=[f"{n}{name}" for n in range(12)])
    page = build(run, exclude=(name,))
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert page.count("<svg") == page.count("</svg>") > 0


def test_the_page_needs_nothing_else(build):
    page = build(make_run())
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in page.replace("&#x27;", "'")


def test_the_same_inputs_give_the_same_page(build):
    assert build(make_run()) == build(make_run())


def test_a_thousand_classes_and_many_images_are_a_small_page(build):
    names = [f"class {number:04} {'of many' * 4}" for number in range(1000)]
    run = make_run(30_000, names)
    page = build(run, noise=64)
    assert len(page.encode()) < MAX_BYTES
    assert "And" in section(page, "confusions")
    assert section(page, "classes").count("<tr>") > 300
    # A browser takes longest over elements: these are drawn in well below two seconds.
    assert page.count("<") < 60_000


def answer(row, sureness, is_wrong):
    return Answer(row, "cat", "dog" if is_wrong else "cat", sureness, "")


def test_the_surest_mistake_is_shown_first():
    answers = [answer(0, 1, True), answer(1, 5, False), answer(2, 3, True)]
    assert [each.row for each in most_sure_mistakes(answers)] == [2, 0]


def test_the_least_sure_are_those_that_are_shown_nowhere_else():
    answers = [answer(row, 0.2 * row, False) for row in range(20)]
    found = [each.row for each in least_sure(answers, answers[:2])]
    assert found == list(range(2, 12))


def test_the_nearest_training_pictures_are_those_with_the_nearest_features(tmp_path):
    run = make_run(6)
    near = np.eye(4)
    vectors = [near[0], near[1], near[0] + 0.1, near[0] / 2 + 0.1, near[2], 9 * near[1]]
    features = read_features(write_features(tmp_path, run.index.image_ids, vectors), [])
    candidates = np.array([0, 1, 3, 4])
    found = find_nearest(features, run.index, [2, 5], candidates, 2)
    assert found[2] == [0, 3]
    # How long a vector is says nothing.
    assert found[5][0] == 1


def test_random_features_have_no_neighbours_and_the_page_says_so(build):
    page = section(build(make_run(), random_weights=True), "wrong")
    assert "Nearest training pictures are not shown" in page
    assert "Nearest in training" not in page


def test_a_wrong_picture_stands_with_its_label_and_what_was_said(build):
    page = section(build(make_run()), "wrong")
    cards = page.split("<article>")[1:]
    assert len(cards) == 2
    assert all("Predicted, wrong" in card and "73 %" in card for card in cards)
    assert all(card.count("<img ") == 4 for card in cards)


def test_every_picture_has_words_and_every_chart_too(build):
    page = build(make_run())
    assert page.count("<img ") == page.count(" alt=")
    assert page.count("<svg ") == page.count('role="img"')


def test_only_parameters_that_are_not_the_default_are_listed(build):
    page = section(build(make_run(), root="elsewhere"), "ran")
    assert "data.root" in page and "elsewhere" in page
    # Nor is 15 another number than 15.0.
    assert "data.layout" not in page and "augment.rotate" not in page


def test_defaults_are_those_the_project_comes_with(repository):
    """After a change: cp params.yaml src/headswap/report/defaults.yaml."""
    assert params.load(DEFAULTS) == params.load(repository / "params.yaml")


def test_scores_that_are_losses_are_not_drawn(build):
    run = make_run()
    run.intervals["kind"]["test"]["scores"]["log_loss"] = entry(2.5, 2.1, 3.0)
    page = section(build(run), "scores")
    row = next(each for each in page.split("<tr>") if "log loss" in each)
    assert "lower is better" in row and 'class="dot"' not in row


def test_probabilities_are_shown_against_what_is_right(build):
    run = make_run()
    run.rounds.update(
        {
            ("kind", "test", name): [value]
            for name, value in (
                ("ece", 0.2),
                ("ece_perfect_low", 0.01),
                ("ece_perfect_high", 0.1),
            )
        }
    )
    columns = ("task", "confidence", "accuracy", "low", "high")
    rows = [("kind", "0.3", "0.5", "0.1", "0.6"), ("kind", "0.9", "0.8", "0.8", "1")]
    reliability = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
    coverage = {"task": ["kind"] * 2, "coverage": ["0.5", "1"], "error": ["0", "0.25"]}
    page = build(replace(run, reliability=reliability, coverage=coverage))
    page = section(page, "calibration")
    assert page.count("<svg ") == 2
    assert page.count("<circle ") == 2
    assert "0.200: more than chance" in page
    assert "at most 0.25" in page
    # The upper end of a chart is its top.
    heights = [float(x.partition('"')[0]) for x in page.split(' cy="')[1:]]
    assert heights[0] > heights[1]


def test_slices_are_shown_the_worst_first_with_what_is_not_known(build):
    run = make_run()
    columns = (
        *("slice", "task", "value", "images"),
        *("score", "low", "high", "method"),
    )
    rows = [
        ("camera", "kind", "<b>new", "9", "0.9", "0.7", "1.0", "Wilson"),
        ("camera", "kind", "", "3", "0.5", "", "", "2 rounds are too few"),
    ]
    slices = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
    index = replace(run.index, slices={"camera": [""] * 12})
    page = section(build(replace(run, index=index, slices=slices)), "slices")
    assert page.index("not known") < page.index("&lt;b&gt;new")
    assert "2 rounds are too few" in page and "0.700 to 1.000" in page
    assert page.count('class="interval"') == 1


def test_without_slices_there_is_no_section_on_them(build):
    assert 'id="slices"' not in build(make_run())


def test_a_multilabel_task_lists_what_is_missed_and_what_is_not_there(build):
    run = make_run()
    task = Task("kind", "multilabel", ("cat", "dog"))
    run = replace(
        run,
        index=replace(run.index, tasks=[task]),
        confusions={"kind": [("cat", "no cat", 3), ("no dog", "dog", 1)]},
    )
    page = section(build(run), "confusions")
    assert page.index("no cat") < page.index("no dog")
    assert "<svg" not in page
