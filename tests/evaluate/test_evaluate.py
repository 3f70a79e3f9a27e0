"""evaluate writes the figures, tables and plots that its docstring names."""

import dataclasses
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from dvc_render.vega import VegaRenderer
from sklearn.metrics import f1_score

from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.split import PARTS
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.predictions import (
    DECODE,
    Predictions,
    read_decode,
    read_predictions,
    write_predictions,
)
from headswap.artifacts.storage.tables import read_table
from headswap.evaluate.plots import ALL_CLASSES, MOST_CLASSES, NUM_PLACES
from headswap.evaluate.stage import write_metrics
from headswap.statistics.scores import CLASS_SCORES
from tests import made

TEMPLATES = sorted((Path(__file__).parents[2] / ".dvc/plots").glob("*.json"))
PLANT = Task("plant", "multiclass", ("flower", "tree"))
KIND = Task("kind", "multiclass", ("elm", "lily", "oak", "rose"))
TAGS = Task("tags", "multilabel", ("night", "snow"))
PARENTS = {"elm": "tree", "lily": "flower", "oak": "tree", "rose": "flower"}
CERTAIN = ["log_loss", "brier_loss"]
CERTAIN += ["ece", "ece_perfect_low", "ece_perfect_high"]
FILES = {
    "scores.csv",
    "ranking.csv",
    "slices.csv",
    "evaluate.json",
    "intervals.json",
    "repeats.csv",
    "classes.csv",
    "predictions.csv",
    "learning_curves.csv",
    "strengths.csv",
    "confusion.csv",
    "reliability.csv",
    "coverage.csv",
}


def make_index(tasks, cells, relations=()):
    num_images = len(next(iter(cells.values())))
    image_ids = [f"image{number:02}" for number in range(num_images)]
    paths = [f"raw/{image_id}.png" for image_id in image_ids]
    return made.make_index(image_ids, cells, tasks, relations, paths=paths)


def make_split(*rounds):
    """Each round as a text of t(rain), v(alidation), e(xam, for test), u(nused)."""
    names = {"t": "train", "v": "validation", "e": "test", "u": "unused"}
    return made.make_split([[names[letter] for letter in parts] for parts in rounds])


def predict(task, *rounds, certainty=0.7):
    """Multiclass predictions: the class names predicted in each round."""
    rest = (1 - certainty) / (task.num_classes - 1)
    probabilities = [task.encode(names) * (certainty - rest) + rest for names in rounds]
    return Predictions(np.array(probabilities, np.float32), None)


@pytest.fixture
def curves(tmp_path):
    """Learning curves of one fit and of one of its folds."""
    for fit in ("kind", "kind-fold0"):
        folder = tmp_path / "curves/round0" / fit / "plots/metrics/train"
        folder.mkdir(parents=True)
        (folder / "loss.tsv").write_text("step\tloss\n0\t1.5\n1\t0.123456789\n")
    for number in range(2):
        folder = tmp_path / f"curves/round{number}"
        folder.mkdir(exist_ok=True)
        (folder / "strengths.csv").write_text(f"head,loss\nkind,{number}\n")
    return tmp_path / "curves"


@pytest.fixture
def run(curves, tmp_path):
    """run(predictions, index, split): the folder that evaluate writes."""
    count = iter(range(100))

    def call(predictions, index, split, decode="independent"):
        folder = tmp_path / f"metrics{next(count)}"
        write_metrics(predictions, decode, index, split, curves, folder)
        return folder

    return call


# Test images: kind right 3 of 4, plant right 3 of 4, both right 2, consistent 2 of 4.
KINDS = ["oak", "elm", "lily", "rose", "oak", "elm", "lily", "rose"]
PREDICTED_KINDS = ["oak", "elm", "lily", "rose", "oak", "elm", "lily", "oak"]
PREDICTED_PLANTS = ["tree", "tree", "flower", "flower", "tree", "flower"]
PREDICTED_PLANTS += ["flower", "flower"]


@pytest.fixture
def plants():
    """(predictions, index, split) of two tasks that are a tree, one round."""
    cells = {"plant": [PARENTS[kind] for kind in KINDS], "kind": KINDS}
    index = make_index([PLANT, KIND], cells, [Relation("kind", "plant", PARENTS)])
    predictions = {
        "plant": predict(PLANT, PREDICTED_PLANTS, certainty=0.75),
        "kind": predict(KIND, PREDICTED_KINDS),
    }
    return predictions, index, make_split("ttvveeee")


def read_report(folder):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    text = (folder / "evaluate.json").read_text(encoding="utf-8")
    return json.loads(text, parse_constant=refuse)


def table_rows(path):
    return list(zip(*read_table(path).values(), strict=True))


def test_exactly_the_documented_files_are_written(run, plants):
    folder = run(*plants)
    files = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert files == FILES


def test_running_twice_gives_the_same_bytes(run, plants):
    first, second = run(*plants), run(*plants)
    for name in FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_evaluate_json_is_task_part_metric(run, plants):
    report = read_report(run(*plants))
    assert list(report) == ["plant", "kind", "kind_in_plant"]
    metrics = ["accuracy", "precision", "recall", "f1", "auc"]
    metrics += CERTAIN[:2]
    for task in ("plant", "kind"):
        assert list(report[task]) == list(PARTS)
        assert list(report[task]["test"]) == [*metrics, *CERTAIN[2:]]
        assert not {*CERTAIN[2:]} & {*report[task]["validation"]}
    assert report["kind"]["test"]["accuracy"] == 0.75
    f1 = f1_score(KINDS[4:], PREDICTED_KINDS[4:], average="macro")
    assert report["kind"]["test"]["f1"] == round(f1, 6)
    assert report["plant"]["train"]["accuracy"] == 1


def test_a_relation_adds_consistency_and_joint_accuracy(run, plants):
    report = read_report(run(*plants))
    assert together(report) == {"consistency": 0.5, "joint_accuracy": 0.5}
    found = together(report, "train")
    assert found == {"consistency": 1.0, "joint_accuracy": 1.0}


def together(report, part="test"):
    return {
        name: value
        for name, value in report["kind_in_plant"][part].items()
        if "hierarchical" not in name
    }


def read_intervals(folder):
    return json.loads((folder / "intervals.json").read_text(encoding="utf-8"))


def test_hierarchical_scores_count_classes_with_all_they_lie_in(run, plants):
    predictions, index, split = plants
    # {oak, tree}; {elm, tree, flower}; {lily, flower}; {oak, tree, flower} for a rose.
    hits, named, true = 2 + 2 + 2 + 1, 2 + 3 + 2 + 3, 8
    expected = {
        "hierarchical_precision": hits / named,
        "hierarchical_recall": hits / true,
        "hierarchical_f1": 2 * hits / (named + true),
    }
    folder = run(predictions, index, split)
    found = read_report(folder)["kind_in_plant"]["test"]
    intervals = read_intervals(folder)["kind_in_plant"]["test"]["scores"]
    for name, value in expected.items():
        assert found[name] == round(value, 6)
        entry = intervals[name]
        assert entry["low"] < entry["value"] < entry["high"]
    # Nobody knows the kind of the last image, so only its plant counts.
    cells = {**index.cells, "kind": [*KINDS[:-1], ""]}
    index = make_index(index.tasks, cells, index.relations)
    found = read_report(run(predictions, index, split))["kind_in_plant"]["test"]
    assert found["hierarchical_precision"] == round(7 / (2 + 3 + 2 + 2), 6)


def test_consistent_classes_leave_nothing_inconsistent(run, plants):
    found = together(read_report(run(*plants, decode="consistent")))
    # The kind is surer than its plant: right of the elm, wrong of the rose.
    assert found == {"consistency": 1, "joint_accuracy": 0.75}


def test_a_loss_of_more_than_1_has_an_interval_around_it(run, plants):
    predictions, index, split = plants
    sure = predict(KIND, [*KINDS[:4], *["oak"] * 4], certainty=0.999)
    intervals = read_intervals(run({**predictions, "kind": sure}, index, split))
    entry = intervals["kind"]["test"]["scores"]["log_loss"]
    assert entry["value"] == pytest.approx(0.75 * -math.log(0.001 / 3), rel=1e-3)
    assert 1 < entry["value"] < entry["high"]
    assert "ece" not in intervals["kind"]["test"]["scores"]


def test_a_loss_over_rounds_has_an_interval_of_its_own(run, plants):
    _, index, _ = plants
    wrong = ["oak"] * 8
    kind = predict(KIND, wrong, KINDS, wrong, certainty=0.999)
    plant = predict(PLANT, *[index.cells["plant"]] * 3)
    split = make_split("ttvveeee", "eeeettvv", "eettveev")
    entry = read_intervals(run({"kind": kind, "plant": plant}, index, split))
    assert entry["kind"]["test"]["scores"]["log_loss"]["high"] > 1


def test_top_5_is_for_tasks_of_many_classes(run):
    many = Task("many", "multiclass", tuple(f"class{i:02}" for i in range(11)))
    cells = {"many": list(many.class_names)}
    # Of image number i, the i classes before its own are more probable.
    likely = np.tril(np.full((11, 11), 2.0), -1) + np.eye(11) + 0.01
    likely /= likely.sum(axis=1, keepdims=True)
    predictions = {"many": Predictions(likely[None].astype(np.float32), None)}
    folder = run(predictions, make_index([many], cells), make_split("e" * 11))
    assert read_report(folder)["many"]["test"]["top_5_accuracy"] == round(5 / 11, 6)


def test_tables_of_certainty_are_of_the_test_images_of_all_rounds(run, plants, tagged):
    for predictions, index, split in (plants, tagged):
        folder = run(predictions, index, split)
        bins = read_table(folder / "reliability.csv")
        assert {*bins["task"]} == {task.name for task in index.tasks}
        shares = table_rows(folder / "coverage.csv")
        for task in index.tasks:
            own = [name == task.name for name in bins["task"]]
            counts = np.array(bins["count"]).astype(int)[own]
            assert counts.sum() == (split.parts == "test").sum()
            # All images answered are as wrong as accuracy, or exact match, says.
            last = (task.name, "1.0000")
            error = [float(row[2]) for row in shares if row[:2] == last]
            test = read_report(folder)[task.name]["test"]
            right = test.get("accuracy", test.get("exact_match"))
            assert error == pytest.approx([1 - right], abs=1e-4)


def test_wrong_together_is_consistent_but_not_right(run, plants):
    predictions, index, split = plants
    # The last image is a rose; oak and tree go together and are both wrong.
    predicted = [*PREDICTED_PLANTS[:-1], "tree"]
    predictions = predictions | {"plant": predict(PLANT, predicted)}
    report = read_report(run(predictions, index, split))
    assert together(report) == {"consistency": 0.75, "joint_accuracy": 0.5}


def test_images_without_a_label_are_in_no_figure_of_that_task(run, plants):
    predictions, index, split = plants
    cells = {"plant": [*index.cells["plant"]], "kind": [*KINDS]}
    # The kind that was wrong is not known, nor is the first test image's plant.
    cells["kind"][7] = cells["plant"][4] = ""
    index = make_index(index.tasks, cells, index.relations)
    folder = run(predictions, index, split)
    report = read_report(folder)
    assert report["kind"]["test"]["accuracy"] == 1
    assert report["plant"]["test"]["accuracy"] == round(2 / 3, 6)
    # Both are known of two, of which one is right in both.
    assert together(report) == {"consistency": 0.5, "joint_accuracy": 0.5}
    rows = {row[:4] for row in table_rows(folder / "predictions.csv")}
    assert ("image07", "group7", "test", "plant") in rows
    assert ("image07", "group7", "test", "kind") not in rows
    counts = [int(row[3]) for row in table_rows(folder / "confusion.csv")]
    assert sum(counts) == 3 + 3


def test_a_task_without_labels_in_a_part_has_no_figures_there(run, plants, capsys):
    predictions, index, split = plants
    cells = {"plant": index.cells["plant"], "kind": KINDS[:2] + [""] * 2 + KINDS[4:]}
    report = read_report(run(predictions, make_index(index.tasks, cells), split))
    assert list(report["kind"]) == ["train", "test"]
    assert list(report["plant"]) == list(PARTS)
    assert "kind, validation: no figures" in capsys.readouterr().out


def test_without_a_relation_there_are_no_such_figures(run, plants):
    predictions, index, split = plants
    index = make_index(index.tasks, index.cells)
    assert list(read_report(run(predictions, index, split))) == ["plant", "kind"]


def test_several_rounds_give_means_and_deviations(run, plants):
    _, index, _ = plants
    predictions = {
        "plant": predict(PLANT, PREDICTED_PLANTS, index.cells["plant"]),
        "kind": predict(KIND, PREDICTED_KINDS, KINDS),
    }
    folder = run(predictions, index, make_split("ttvveeee", "ttvveeee"))
    test = read_report(folder)["kind"]["test"]
    assert list(test)[:4] == ["accuracy", "accuracy_std", "precision", "precision_std"]
    assert test["accuracy"] == 0.875
    assert test["accuracy_std"] == round(math.sqrt(2 * 0.125**2), 6)
    rows = table_rows(folder / "repeats.csv")
    assert ("kind", "test", "0", "accuracy", "0.750000") in rows
    assert ("kind", "test", "1", "accuracy", "1.000000") in rows
    assert ("kind_in_plant", "test", "1", "consistency", "1.000000") in rows


def test_classes_csv_has_every_class_with_its_support(run, plants):
    table = read_table(run(*plants) / "classes.csv")
    assert list(table) == ["task", "part", "class", "support", *CLASS_SCORES]
    keys = list(zip(table["task"], table["part"], table["class"], strict=True))
    assert len(set(keys)) == len(keys) == (2 + 4) * len(PARTS)
    row = keys.index(("kind", "test", "oak"))
    assert table["support"][row] == "1"
    assert table["precision"][row] == "0.500000"
    assert table["recall"][row] == "1.000000"
    assert table["accuracy"][row] == "0.750000"
    absent = keys.index(("kind", "validation", "oak"))
    assert table["support"][absent] == "0"
    assert {table[metric][absent] for metric in CLASS_SCORES} == {""}


def test_a_class_absent_from_one_round_has_the_figures_of_the_others(run, plants):
    _, index, _ = plants
    predictions = {
        "plant": predict(PLANT, *[index.cells["plant"]] * 2),
        "kind": predict(KIND, PREDICTED_KINDS, KINDS),
    }
    # The second round tests an oak and an elm alone.
    folder = run(predictions, index, make_split("ttvveeee", "ttvveett"))
    table = read_table(folder / "classes.csv")
    keys = list(zip(table["task"], table["part"], table["class"], strict=True))
    lily = keys.index(("kind", "test", "lily"))
    assert table["support"][lily] == "0.5"
    assert table["recall"][lily] == "1.000000"
    oak = keys.index(("kind", "test", "oak"))
    assert table["support"][oak] == "1"
    assert table["precision"][oak] == "0.750000"


def test_every_round_s_answers_are_counted(run, plants):
    _, index, _ = plants
    predictions = {
        "plant": predict(PLANT, *[index.cells["plant"]] * 2),
        "kind": predict(KIND, PREDICTED_KINDS, KINDS),
    }
    # The last image is a rose: an oak in the first round, found in the second.
    folder = run(predictions, index, make_split("ttvveeee", "ttvveeee"))
    confusion = table_rows(folder / "confusion.csv")
    assert ("kind", "rose", "oak", "1", "0.5000") in confusion
    assert ("kind", "rose", "rose", "1", "0.5000") in confusion
    assert ("kind", "elm", "elm", "2", "1.0000") in confusion


def test_predictions_csv_has_what_the_first_round_did_not_train_on(run, plants):
    predictions, index, _ = plants
    predictions = {
        "plant": predict(PLANT, PREDICTED_PLANTS, index.cells["plant"]),
        "kind": predict(KIND, PREDICTED_KINDS, KINDS),
    }
    split = make_split("ttvveeee", "eeeettvv")
    # An image that is alone gives its group the name.
    split = dataclasses.replace(split, groups=np.array(index.image_ids))
    folder = run(predictions, index, split)
    table = read_table(folder / "predictions.csv")
    assert list(table) == [
        "image_id",
        "group",
        "part",
        "task",
        "actual",
        "predicted",
        "probability",
    ]
    rows = table_rows(folder / "predictions.csv")
    assert [row[0] for row in rows] == [f"image{n:02}" for n in range(2, 8)] * 2
    assert rows[-1] == ("image07", "", "test", "kind", "rose", "oak", "0.700")


def test_predictions_csv_names_the_group_of_images_that_are_not_alone(run, plants):
    predictions, index, split = plants
    groups = np.array([*index.image_ids[:7], "image06"])
    folder = run(predictions, index, dataclasses.replace(split, groups=groups))
    table = read_table(folder / "predictions.csv")
    assert table["group"] == ["", "", "", "", "", "image06"] * 2


def test_an_unused_image_is_neither_scored_nor_shown(run, plants):
    predictions, index, _ = plants
    folder = run(predictions, index, make_split("ttvveeeu"))
    assert read_report(folder)["kind"]["test"]["accuracy"] == 1
    assert "image07" not in read_table(folder / "predictions.csv")["image_id"]


def test_confusion_csv_counts_the_test_images_alone(run, plants):
    folder = run(*plants)
    rows = table_rows(folder / "confusion.csv")
    assert [row[1:] for row in rows if row[0] == "kind"] == [
        ("elm", "elm", "1", "1.0000"),
        ("lily", "lily", "1", "1.0000"),
        ("oak", "oak", "1", "1.0000"),
        # What is right stands first and names all classes, in their order.
        ("rose", "rose", "0", "0.0000"),
        ("rose", "oak", "1", "1.0000"),
    ]
    assert [row[1:] for row in rows if row[0] == "plant"] == [
        ("flower", "flower", "2", "1.0000"),
        ("tree", "tree", "1", "0.5000"),
        ("tree", "flower", "1", "0.5000"),
    ]


ODD_NAMES = [
    "=1+1",
    'a "quoted", name',
    "line\nend\r",
    "a.b[0]",
    "</script><b>",
    "日本 😀",
]


@pytest.fixture
def odd(run):
    """The folder of a task whose classes have names that mean something to a tool."""
    task = Task("kind", "multiclass", tuple(sorted(ODD_NAMES)))
    cells = sorted(ODD_NAMES) * 2
    index = make_index([task], {"kind": cells})
    return run({"kind": predict(task, cells)}, index, make_split("tttvvveeeeee"))


def test_names_stand_in_the_tables_as_they_are(odd):
    assert set(read_table(odd / "classes.csv")["class"]) == set(ODD_NAMES)
    assert set(read_table(odd / "predictions.csv")["actual"]) == set(ODD_NAMES)
    named = [name.replace("\N{WORD JOINER}", "") for name in confused(odd)]
    assert set(named) == set(ODD_NAMES)


def confused(folder):
    return read_table(folder / "confusion.csv")["actual"]


@pytest.mark.parametrize("name", ["confusion.csv", "ranking.csv"])
@pytest.mark.survives("doors")
def test_no_name_in_a_table_of_plots_begins_a_tag_of_scripts(odd, name):
    text = (odd / name).read_text(encoding="utf-8")
    assert re.search("script>", text)
    assert not re.search("<(?=[/!]|script)", text, re.IGNORECASE)


@pytest.mark.survives("doors")
def test_no_name_ends_the_script_of_a_page_of_plots(odd, repository):
    table = read_table(odd / "confusion.csv") | {"rev": ["workspace"] * 6}
    rows = zip(*table.values(), strict=True)
    points = [dict(zip(table, row, strict=True)) for row in rows]
    plot = VegaRenderer(
        points,
        "confusion.csv",
        template="confusion_by_task",
        template_dir=str(repository / ".dvc/plots"),
        x="actual",
        y="predicted",
    )
    pieces = re.split("</?script", plot.generate_html())
    assert len(pieces) == 3
    assert len(re.findall("<!--", pieces[1])) == 0
    for name in confused(odd):
        assert json.dumps(name) in pieces[1]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_name_of_the_users_is_a_field_of_a_plot(template):
    """Vega reads dots and brackets in the name of a field, and never in a value."""
    fields = re.findall(r'"field": "(.*?)"', template.read_text(encoding="utf-8"))
    assert fields
    assert all(re.fullmatch(r"[a-z]+|<DVC_METRIC_[XY]>", field) for field in fields)


def test_what_lies_in_git_is_small_for_many_images(run):
    """Two tasks, ten rounds: 5 MB for 100,000 images is 50 bytes an image."""
    num_images, num_rounds = 2000, 10
    random = np.random.default_rng(0)
    kinds = [KIND.class_names[n] for n in random.integers(0, 4, num_images)]
    cells = {"plant": [PARENTS[kind] for kind in kinds], "kind": kinds}
    image_ids = [f"{number:016x}" for number in range(num_images)]
    index = made.make_index(image_ids, cells, [PLANT, KIND], [])
    predictions = {
        "plant": predict(PLANT, *[cells["plant"]] * num_rounds),
        "kind": predict(KIND, *[kinds] * num_rounds),
    }
    parts = ["t" * 1300 + "v" * 300 + "e" * 400] * num_rounds
    split = dataclasses.replace(make_split(*parts), groups=np.array(image_ids))
    folder = run(predictions, index, split)
    sizes = {name: (folder / name).stat().st_size for name in FILES}
    assert sizes.pop("predictions.csv") < 50 * num_images
    assert sum(sizes.values()) < 50_000


def test_strengths_are_those_of_the_first_round(run, plants):
    assert table_rows(run(*plants) / "strengths.csv") == [("kind", "0")]


def test_learning_curves_leave_out_the_folds(run, plants):
    assert table_rows(run(*plants) / "learning_curves.csv") == [
        ("kind train", "loss", "0", "0", "1.5"),
        ("kind train", "loss", "0", "1", "0.123457"),
    ]


def test_further_rounds_have_their_losses_alone(run, curves, plants):
    folder = curves / "round1/kind/plots/metrics/train"
    folder.mkdir(parents=True)
    for name in ("loss", "accuracy"):
        (folder / f"{name}.tsv").write_text(f"step\t{name}\n0\t0.5\n")
    rows = table_rows(run(*plants) / "learning_curves.csv")
    assert [row for row in rows if row[2] == "1"] == [
        ("kind train", "loss", "1", "0", "0.5")
    ]


def test_scores_csv_says_what_intervals_json_says(run, plants):
    folder = run(*plants)
    intervals = json.loads((folder / "intervals.json").read_text())
    entry = intervals["kind"]["test"]["scores"]["accuracy"]
    rows = {row[:3]: row[3:] for row in table_rows(folder / "scores.csv")}
    shown = tuple(float(cell) for cell in rows["kind", "test", "accuracy"])
    assert shown == (entry["value"], entry["low"], entry["high"])
    assert ("kind", "train", "accuracy") not in rows


def test_ranking_csv_has_all_classes_and_the_worst(run):
    names = tuple(f"class{number:02}" for number in range(12))
    task = Task("kind", "multiclass", names)
    cells = [*names] * 3
    given = predict(task, cells)
    # One class has no place above the others.
    given.probabilities[0, 29, :] = given.probabilities[0, 29, 0]
    folder = run(
        {"kind": given}, make_index([task], {"kind": cells}), make_split("e" * 36)
    )
    rows = table_rows(folder / "ranking.csv")
    shown = {(row[1], row[2]) for row in rows}
    assert len(shown) == 2 * (MOST_CLASSES + 1)
    assert {("ROC", ALL_CLASSES), ("precision-recall", "class05")} <= shown
    assert len(rows) == 2 * (MOST_CLASSES + 1) * NUM_PLACES


def test_slices_csv_has_the_share_right_of_each_slice(run, plants):
    predictions, index, _ = plants
    camera = ["old"] * 6 + ["new", ""]
    index = dataclasses.replace(index, slices={"camera": camera})
    rows = table_rows(run(predictions, index, make_split("ttvveeee")) / "slices.csv")
    assert [(row[0], row[1], row[3]) for row in rows if row[2] == "kind"] == [
        ("camera", "", "1"),
        ("camera", "new", "1"),
        ("camera", "old", "2"),
    ]
    by_value = {row[1]: row for row in rows if row[2] == "kind"}
    cells, targets = index.cells["kind"], KIND.encode(index.cells["kind"])
    answers = predictions["kind"].probabilities[0].argmax(axis=1)
    is_right = answers == targets.argmax(axis=1)
    assert float(by_value["old"][5]) == is_right[4:6].mean()
    assert float(by_value["old"][6]) < is_right[4:6].mean() <= float(by_value["old"][7])
    assert len(cells) == 8


def test_a_slice_has_an_interval_over_rounds_where_these_test_other_images(run, plants):
    predictions, index, _ = plants
    index = dataclasses.replace(index, slices={"camera": ["old"] * 8})
    splits = ("ttvveeee", "eeeettvv", "tteeeevv", "eettvvee")
    rounds = {
        name: dataclasses.replace(
            each, probabilities=np.repeat(each.probabilities[:1], 4, axis=0)
        )
        for name, each in predictions.items()
    }
    row = table_rows(run(rounds, index, make_split(*splits)) / "slices.csv")[0]
    assert row[3] == "4" and row[8].startswith("corrected t")
    assert float(row[6]) < float(row[5]) <= float(row[7])
    two = {
        name: dataclasses.replace(each, probabilities=each.probabilities[:2])
        for name, each in rounds.items()
    }
    row = table_rows(run(two, index, make_split(*splits[:2])) / "slices.csv")[0]
    assert row[6:] == ("", "", "2 rounds are too few, 3 are needed")


def test_a_class_without_test_images_has_no_curve(run, plants):
    predictions, index, _ = plants
    rows = table_rows(run(predictions, index, make_split("tvtveetv")) / "ranking.csv")
    assert {row[2] for row in rows if row[0] == "kind"} == {ALL_CLASSES, "elm", "oak"}


def test_a_class_absent_from_a_part_is_named(run, plants, capsys):
    predictions, index, _ = plants
    run(predictions, index, make_split("tvtveetv"))
    lines = capsys.readouterr().out.splitlines()
    said = "kind, test: averages leave out classes without images: lily, rose"
    assert said in lines


def test_figures_without_a_value_are_left_out_and_said_so(run, plants, capsys):
    predictions, index, _ = plants
    folder = run(predictions, index, make_split("etvvvttt"))
    test = read_report(folder)["kind"]["test"]
    assert list(test) == ["accuracy", "precision", "recall", "f1", *CERTAIN]
    said = "kind, test: auc is left out, it has no value"
    assert said in capsys.readouterr().out.splitlines()
    auc = [row for row in table_rows(folder / "repeats.csv") if row[3] == "auc"]
    assert ("kind", "test", "0", "auc", "") in auc


def test_a_class_that_is_never_found_is_warned_of(run, capsys):
    cells = ["oak"] * 8 + ["elm"] * 2 + ["lily", "rose"]
    index = make_index([KIND], {"kind": cells})
    predictions = {"kind": predict(KIND, ["oak"] * 10 + ["lily", "rose"])}
    run(predictions, index, make_split("eeeeeeeeeett"))
    [warning] = [
        line
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("warning")
    ]
    assert warning == (
        "warning: kind, test: accuracy is above 0.5 but these classes are never found "
        "(recall 0): elm"
    )


@pytest.fixture
def tagged():
    """(predictions, index, split) of a multilabel and a multiclass task."""
    cells = {
        "tags": ["night", "night|snow", "", "snow", "night", "night|snow"],
        "plant": ["tree", "flower"] * 3,
    }
    index = make_index([TAGS, PLANT], cells)
    probabilities = np.array(
        [[0.9, 0.1], [0.8, 0.7], [0.2, 0.2], [0.1, 0.3], [0.6, 0.2], [0.6, 0.7]]
    )
    predictions = {
        "tags": Predictions(
            probabilities[None].astype(np.float32), np.array([[0.5, 0.25]])
        ),
        "plant": predict(PLANT, cells["plant"]),
    }
    predictions["tags"].probabilities[0, 5, 0] = 0.4
    return predictions, index, make_split("tveeee")


def test_a_multilabel_task_has_metrics_of_its_own(run, tagged):
    report = read_report(run(*tagged))
    test = report["tags"]["test"]
    assert list(test) == [
        "precision",
        "recall",
        "f1",
        "auc",
        "mean_average_precision",
        "exact_match",
        "hamming_loss",
        *CERTAIN,
    ]
    # Of four images and two classes one answer is wrong: night in the last image.
    assert test["exact_match"] == 0.75
    assert test["hamming_loss"] == 0.125
    assert test["f1"] == round((2 / 3 + 1) / 2, 6)
    assert test["auc"] == test["mean_average_precision"] == 1
    assert report["plant"]["test"]["accuracy"] == 1


def test_multilabel_predictions_are_joined_as_in_the_index(run, tagged):
    folder = run(*tagged)
    rows = [row for row in table_rows(folder / "predictions.csv") if row[3] == "tags"]
    # The probability is of the least certain class, or of the likeliest where none is.
    assert [row[4:] for row in rows] == [
        ("night|snow", "night|snow", "0.700"),
        ("", "", "0.200"),
        ("snow", "snow", "0.300"),
        ("night", "night", "0.600"),
        ("night|snow", "snow", "0.700"),
    ]


def test_multilabel_confusion_is_class_by_class(run, tagged):
    table = table_rows(run(*tagged) / "confusion.csv")
    rows = [row[1:] for row in table if row[0] == "tags"]
    assert rows == [
        ("night", "night", "1", "0.5000"),
        ("no night", "no night", "2", "1.0000"),
        ("night", "no night", "1", "0.5000"),
        ("snow", "snow", "2", "1.0000"),
        ("no snow", "no snow", "2", "1.0000"),
    ]


def test_each_round_has_thresholds_of_its_own(run, tagged):
    predictions, index, _ = tagged
    probabilities = np.repeat(predictions["tags"].probabilities, 2, axis=0)
    thresholds = np.array([[0.5, 0.25], [0.3, 0.25]])
    predictions = {
        "tags": Predictions(probabilities, thresholds),
        "plant": predict(PLANT, *[index.cells["plant"]] * 2),
    }
    folder = run(predictions, index, make_split("tveeee", "tveeee"))
    rows = table_rows(folder / "repeats.csv")
    assert ("tags", "test", "0", "exact_match", "0.750000") in rows
    assert ("tags", "test", "1", "exact_match", "1.000000") in rows


def test_predictions_come_back_as_they_were_written(tagged, tmp_path):
    predictions, index, _ = tagged
    write_predictions(tmp_path / "predictions", predictions, "consistent")
    assert read_decode(tmp_path / "predictions" / DECODE) == "consistent"
    found = read_predictions(tmp_path / "predictions", index.tasks)
    assert list(found) == ["tags", "plant"]
    for name, task in predictions.items():
        np.testing.assert_array_equal(found[name].probabilities, task.probabilities)
    np.testing.assert_array_equal(found["tags"].thresholds, [[0.5, 0.25]])
    assert found["plant"].thresholds is None
    assert found["plant"].unlike is None


def test_false_alarms_are_counted_among_the_test_images(run, plants, tmp_path):
    predictions, index, split = plants
    unlike = np.zeros((1, len(KINDS)), bool)
    unlike[0, [0, 3, 5]] = True
    predictions["kind"] = dataclasses.replace(predictions["kind"], unlike=unlike)
    write_predictions(tmp_path / "predictions", predictions, "independent")
    folder = run(read_predictions(tmp_path / "predictions", index.tasks), index, split)
    report = read_report(folder)
    assert report["kind"]["test"]["false_alarms"] == 0.25
    # The limit was set on images of the other parts.
    assert "false_alarms" not in {**report["kind"]["train"], **report["plant"]["test"]}
    intervals = json.loads((folder / "intervals.json").read_text())
    entry = intervals["kind"]["test"]["scores"]["false_alarms"]
    assert entry["low"] < 0.25 < entry["high"]
    assert "false_alarms" not in intervals["kind"]["validation"]["scores"]


def test_an_error_of_calibration_in_all_rounds_is_more_than_chance(run):
    """A mean of errors scatters less than the band of one round is wide."""
    random = np.random.default_rng(0)
    num_images, num_rounds = 144, 10
    kinds = [KIND.class_names[n] for n in random.integers(0, 4, num_images)]
    names = [f"{number}" for number in range(num_images)]
    index = made.make_index(names, {"kind": kinds}, [KIND], [])

    def answers(right):
        is_right = random.random(num_images) < right
        return np.where(is_right, kinds, KIND.class_names[0]).tolist()

    # It states 0.9, and a wrong guess is right in a quarter of the cases.
    for right, is_calibrated in ((0.87, True), (0.77, False)):
        rounds = [answers(right) for _ in range(num_rounds)]
        predictions = {"kind": predict(KIND, *rounds, certainty=0.9)}
        folder = run(predictions, index, make_split(*["e" * num_images] * num_rounds))
        text = (folder / "evaluate.json").read_text(encoding="utf-8")
        test = json.loads(text)["kind"]["test"]
        assert (test["ece"] <= test["ece_perfect_high"]) == is_calibrated
