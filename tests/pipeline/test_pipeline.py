"""The whole pipeline on a tiny drawn data set, in a clone of its own."""

import csv
import json
import os

import cv2
import pytest

from tests.clones import clone, run, run_well, stages_run
from tests.made import load_rows
from tests.pipeline.interrupting import interrupt, outputs
from tests.pipeline.shapes import clone_with_shapes, draw_shape

pytestmark = pytest.mark.slow

TINY = {
    "prepare.image_size": 32,
    "split.repeats": 1,
    "split.validation": 1,
    "split.test": 1,
    "train.epochs": 2,
}


def experiment(folder, **overrides):
    settings = [f"-S{name}={value}" for name, value in overrides.items()]
    return run_well(folder, "dvc", "exp", "run", *settings)


@pytest.fixture(scope="module")
def workspace(repository, tmp_path_factory):
    """A clone that has run once on two levels of drawn shapes."""
    folder = tmp_path_factory.mktemp("clone")
    raw = clone_with_shapes(repository, folder)
    (raw / "round" / "kind0" / "broken.jpg").write_bytes(b"no picture")
    run_well(folder, "dvc", "add", "-q", "data/raw")
    return folder


@pytest.fixture(scope="module")
def reproduced(workspace):
    """The output of the first run."""
    output = experiment(workspace, **TINY, **{"data.root": "data/raw"})
    run_well(workspace, "git", "add", "-A")
    run_well(workspace, "git", "commit", "-qm", "first run")
    return output


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_figure_is_written(workspace, reproduced):
    assert stages_run(reproduced) == [
        "check",
        "prepare",
        "split",
        "augment",
        "features",
        "inspect",
        "train",
        "evaluate",
        "report",
        "bundle",
    ]
    report = json.loads((workspace / "metrics" / "evaluate.json").read_text())
    assert set(report) == {"category", "landmark", "landmark_in_category"}
    for task in ("category", "landmark"):
        assert set(report[task]) == {"train", "validation", "test"}
        for part, figures in report[task].items():
            scores = {"accuracy", "precision", "recall", "f1", "auc"}
            scores |= {"log_loss", "brier_loss"}
            of_test = {"ece", "ece_perfect_low", "ece_perfect_high", "false_alarms"}
            assert set(figures) == scores | (of_test if part == "test" else set())
    predictions = read_rows(workspace / "metrics" / "predictions.csv")
    assert {row["part"] for row in predictions} == {"validation", "test"}
    assert {row["task"] for row in predictions} == {"category", "landmark"}
    rejected = read_rows(workspace / "data" / "prepared" / "rejected.csv")
    assert [row["path"] for row in rejected] == ["round/kind0/broken.jpg"]


def test_features_tell_pictures_apart(workspace, reproduced):
    """Or else hardly anything below would show a fault."""
    path = workspace / "data" / "features" / "efficientnet_lite0" / "features"
    assert load_rows(path).std(axis=0).max() > 0.1


def test_running_again_does_nothing(workspace, reproduced):
    output = run_well(workspace, "dvc", "repro")
    assert stages_run(output) == ["check"]


def test_forcing_every_stage_gives_the_same_bytes(workspace, reproduced):
    before = (workspace / "dvc.lock").read_bytes()
    run_well(workspace, "dvc", "repro", "--force")
    assert (workspace / "dvc.lock").read_bytes() == before


def test_heads_do_not_depend_on_the_number_of_cores(workspace, reproduced):
    before = (workspace / "data" / "predictions" / "landmark.npy").read_bytes()
    core = str(min(os.sched_getaffinity(0)))
    run_well(workspace, "taskset", "-c", core, "dvc", "repro", "-fs", "train")
    after = (workspace / "data" / "predictions" / "landmark.npy").read_bytes()
    assert after == before


@pytest.mark.survives("interruptions")
@pytest.mark.parametrize("seed", range(3))
def test_an_interrupted_run_goes_on_to_the_same_bytes(workspace, reproduced, seed):
    interrupt(workspace, outputs(workspace), seconds=15, seed=seed)


def test_a_train_parameter_reruns_training_alone(workspace, reproduced):
    output = experiment(workspace, **{"train.strategy": "cascade"})
    assert stages_run(output) == ["check", "train", "evaluate", "report", "bundle"]
    difference = run_well(workspace, "dvc", "metrics", "diff", "--all")
    assert "metrics/evaluate.json" in difference


def test_another_picture_size_gives_other_pictures(workspace, reproduced):
    output = experiment(workspace, **{"prepare.image_size": 40})
    ran = ["check", "prepare", "augment", "features", "inspect", "train", "evaluate"]
    assert stages_run(output) == [*ran, "report", "bundle"]
    images = load_rows(workspace / "data" / "prepared" / "images")
    assert images.shape[1:] == (40, 40, 3)
    back = experiment(workspace, **{"prepare.image_size": 32})
    assert "Stage 'prepare' is cached" in back
    images = load_rows(workspace / "data" / "prepared" / "images")
    assert images.shape[1:] == (32, 32, 3)


def test_a_size_that_cannot_be_stops_before_any_work(workspace, reproduced):
    result = run(workspace, "dvc", "exp", "run", "-Sprepare.image_size=-5")
    assert result.returncode != 0
    assert stages_run(result.output) == ["check"]
    assert "prepare.image_size must be greater than or equal to 8" in result.output
    run_well(workspace, "git", "checkout", "-q", "params.yaml")


def test_parameters_edited_while_a_stage_runs_are_not_recorded(workspace, reproduced):
    """The stage reads params.yaml at its start, and DVC at its end."""
    script = workspace / "stages" / "split.py"
    original = script.read_text()
    edit = "    import re\n    text = Path('params.yaml').read_text()\n"
    edit += "    text = re.sub(r'num_folds: \\d+', 'num_folds: 9', text)\n"
    edit += "    Path('params.yaml').write_text(text)\n"
    main = (
        "def main(options: split.Section, prepared: Path, output: Path, report: Path)"
    )
    assert f"{main} -> None:\n" in original
    try:
        script.write_text(
            original.replace(f"{main} -> None:\n", f"{main} -> None:\n{edit}")
        )
        result = run(workspace, "dvc", "repro", "split")
    finally:
        script.write_text(original)
        run_well(workspace, "git", "checkout", "-q", ".")
    assert result.returncode != 0
    assert "got another split.num_folds. Run again" in result.output
    assert "num_folds: 9" not in (workspace / "dvc.lock").read_text()


def test_switching_back_restores_features_without_computing(workspace, reproduced):
    experiment(
        workspace, **{"backbone.name": "cnn_simple", "train.strategy": "multi_output"}
    )
    output = experiment(workspace, **{"backbone.name": "efficientnet_lite0"})
    assert "features" not in stages_run(output)
    assert "Stage 'features' is cached" in output


def test_raw_pictures_are_never_touched(workspace, reproduced):
    assert (
        run_well(workspace, "dvc", "status", "data/raw.dvc")
        .strip()
        .endswith("up to date.")
    )


def test_a_fault_in_any_section_stops_before_any_work(workspace, reproduced):
    result = run(
        workspace,
        "dvc",
        "exp",
        "run",
        "-S+train.learning-rate=1",
        "-Sprepare.image_size=64",
        "-Ssplit.test=1.5",
        "-Strain.strategy=magic",
        "-Strain.order=[landmark,colour]",
    )
    assert result.returncode != 0
    assert stages_run(result.output) == ["check"]
    for sentence in (
        "train.learning-rate must be one of the section's parameters",
        "split.test must be",
        "train.strategy must be one of cascade, independent, multi_output, sequential",
    ):
        assert sentence in result.output
    run_well(workspace, "git", "checkout", "-q", "params.yaml")


def test_a_queued_experiment_runs_its_own_code(workspace, reproduced):
    run_well(workspace, "git", "checkout", "-q", ".")
    report = workspace / "src" / "headswap" / "evaluate" / "report.py"
    original = report.read_text()
    marked = original.replace("DIGITS = 6", "DIGITS = 2")
    report.write_text(marked)
    run_well(
        workspace, "dvc", "exp", "run", "--queue", "-n", "rounded", "-Strain.epochs=3"
    )
    report.write_text(original)
    run_well(workspace, "dvc", "exp", "run", "--run-all")
    references = run_well(
        workspace, "git", "for-each-ref", "--format=%(refname)", "refs/exps"
    ).split()
    [rounded] = [name for name in references if name.endswith("/rounded")]
    shown = run_well(workspace, "git", "show", f"{rounded}:metrics/classes.csv")
    rows = list(csv.DictReader(shown.splitlines()))
    assert all(len(row["f1"]) == len("1.00") for row in rows)


def test_a_clone_that_never_drew_the_sample_gets_all_results(
    workspace, reproduced, tmp_path
):
    """Where a stage drew the sample, each of these ended with an error."""
    run_well(workspace, "git", "checkout", "-q", ".")
    run_well(workspace, "dvc", "checkout", "-q")
    run_well(workspace, "dvc", "remote", "add", "-f", "-d", "shared", tmp_path / "far")
    run_well(workspace, "dvc", "push", "-q")
    # Named: earlier tests' experiments, which are not pushed, are listed with it.
    name = "fetched"
    run_well(workspace, "dvc", "exp", "run", "-q", "-n", name, "-Strain.l2=0.5")
    run_well(workspace, "dvc", "push", "-q")
    other = tmp_path / "other"
    run_well(tmp_path, "git", "clone", "-q", workspace, other)
    run_well(other, "dvc", "remote", "add", "-f", "-d", "shared", tmp_path / "far")
    for command in ("pull", "checkout", "status -q evaluate"):
        run_well(other, "dvc", *command.split())
    run_well(other, "dvc", "exp", "pull", "-q", "origin", name)
    run_well(other, "dvc", "exp", "apply", name)
    assert not (other / "data" / "sample" / "pictures").exists()
    assert (other / "metrics" / "evaluate.json").exists()
    run_well(workspace, "git", "checkout", "-q", ".")


OTHER_LAYOUTS = {
    "scenes": {
        "data.levels": "[split,scene]",
        "split.method": "predefined",
        "split.validation": 0.3,
        "augment.copies": 1,
        "train.hidden": "[8]",
        "train.batch_norm": "true",
        "train.dropout": 0.2,
    },
    "voc": {
        "data.layout": "voc",
        "data.classes": "[dog,car]",
        "data.unlabelled": 3,
        "split.method": "predefined",
        "split.validation": 0.3,
        "train.class_weight": "balanced",
    },
}


def draw_scenes(root):
    for part, count in (("train", 6), ("test", 2)):
        for kind, scene in enumerate(("sea", "street")):
            (root / part / scene).mkdir(parents=True)
            for number in range(count):
                picture = draw_shape(kind, number + 10 * (part == "test"))
                cv2.imwrite(str(root / part / scene / f"{number}.jpg"), picture)


def draw_voc(root):
    for name in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (root / name).mkdir(parents=True)
    parts = {"trainval": [], "test": []}
    for number in range(32):
        labels = [["dog"], ["car"], ["dog", "car"], []][number % 4]
        objects = "".join(f"<object><name>{n}</name></object>" for n in labels)
        annotation = f"<annotation>{objects}</annotation>"
        (root / "Annotations" / f"{number:03}.xml").write_text(annotation)
        picture = draw_shape(number % 4, number)
        cv2.imwrite(str(root / "JPEGImages" / f"{number:03}.jpg"), picture)
        parts["test" if number % 8 > 3 and number > 15 else "trainval"].append(number)
    for part, numbers in parts.items():
        text = "".join(f"{number:03}\n" for number in numbers)
        (root / "ImageSets" / "Main" / f"{part}.txt").write_text(text)


@pytest.mark.parametrize("layout", OTHER_LAYOUTS)
def test_other_layouts_run_by_overrides_alone(repository, tmp_path, layout):
    folder = tmp_path / "clone"
    folder.mkdir()
    clone(repository, folder)
    root = tmp_path / "pictures"
    {"scenes": draw_scenes, "voc": draw_voc}[layout](root)
    tiny = {**TINY, "data.root": root}
    del tiny["split.test"]
    experiment(folder, **{**tiny, **OTHER_LAYOUTS[layout]})
    report = json.loads((folder / "metrics" / "evaluate.json").read_text())
    if layout == "scenes":
        assert set(report["scene"]) == {"train", "validation", "test"}
        classes = read_rows(folder / "metrics" / "classes.csv")
        support = {(row["part"], row["class"]): row["support"] for row in classes}
        assert support["train", "sea"] == "4"
        assert support["validation", "sea"] == "2"
        assert support["test", "sea"] == "2"
    else:
        metrics = report["objects"]["test"]
        assert {"f1", "mean_average_precision", "hamming_loss"} <= set(metrics)
        rejected = read_rows(folder / "data" / "prepared" / "rejected.csv")
        assert len(rejected) == 5
