"""A result depends on what DVC knows: every parameter, and every file it can name.

In a clone whose stages are stand-ins that write always the same, one thing after the
other is changed; then exactly the stages that read it would run again. `check` is the
real one.
"""

import json
import sys
from dataclasses import fields

import pytest
from ruamel.yaml import YAML

from headswap import registry
from tests.clones import clone, run_well

pytestmark = pytest.mark.slow

# Another value, and the stages that read it. A parameter without a row is an error.
PARAMETERS = {
    "data.root": ("data/other", {"prepare"}),
    "data.layout": ("csv", {"prepare"}),
    "data.levels": (["category", "landmark", "town"], {"prepare"}),
    "data.parts": ({"train": "train", "exam": "test"}, {"prepare"}),
    "data.table": ("other.csv", {"prepare"}),
    "data.tables": ({"train": "train.csv"}, {"prepare"}),
    "data.columns": (["path", "kind"], {"prepare"}),
    "data.tasks": (["kind"], {"prepare"}),
    "data.multilabel": (["kind"], {"prepare"}),
    "data.delimiter": ("tab", {"prepare"}),
    "data.separator": (";", {"prepare"}),
    "data.one_hot": ({"kind": ["cat", "dog"]}, {"prepare"}),
    "data.corrections": ("corrections.csv", {"prepare"}),
    "data.class_names": ({"kind": "names.txt"}, {"prepare"}),
    "data.classes": (["cat"], {"prepare"}),
    "data.unlabelled": (0.5, {"prepare"}),
    "data.group": ("town", {"prepare"}),
    "data.group_pattern": ("^[^_]+", {"prepare"}),
    "data.slices": (["town"], {"prepare"}),
    "data.exclude": (["*_mask.png"], {"prepare"}),
    "data.conflicts": ("drop", {"prepare"}),
    "data.seed": (43, {"prepare"}),
    "prepare.image_size": (96, {"prepare", "bundle"}),
    "prepare.resize": ("pad", {"prepare", "bundle"}),
    "prepare.depth": (12, {"prepare", "bundle"}),
    "split.method": ("folds", {"split"}),
    "split.validation": (0.1, {"split"}),
    "split.test": (0.25, {"split"}),
    "split.images": (0.5, {"split"}),
    "split.repeats": (2, {"split"}),
    "split.num_folds": (4, {"split"}),
    "split.near_duplicates": ("report", {"split"}),
    "split.leaks": ("drop", {"split"}),
    "split.rare": ("train", {"split"}),
    "split.balance": ("oversample", {"split"}),
    "split.seed": (43, {"split"}),
    "augment.policy": ("each", {"augment"}),
    "augment.copies": (1, {"augment"}),
    "augment.rotate": (20, {"augment"}),
    "augment.zoom": (0.2, {"augment"}),
    "augment.crop": (0.1, {"augment"}),
    "augment.flip_horizontal": (False, {"augment"}),
    "augment.flip_vertical": (True, {"augment"}),
    "augment.contrast": (0.1, {"augment"}),
    "augment.brightness": (0.2, {"augment"}),
    "augment.noise": (0.1, {"augment"}),
    "augment.seed": (43, {"augment"}),
    "keras.backend": ("jax", {"features", "train", "bundle"}),
    "backbone.name": ("vgg16", {"features"}),
    "backbone.weights": ("none", {"features"}),
    "backbone.image_size": (96, {"features"}),
    "backbone.pooling": ("max", {"features"}),
    "backbone.unfreeze": (3, {"features"}),
    "backbone.train_batch_norm": (True, {"train"}),
    "backbone.learning_rate": (0.002, {"train"}),
    "backbone.epochs": (3, {"train"}),
    "bundle.sample": (2, {"bundle"}),
    "bundle.neighbours": (50, {"bundle"}),
    "features.engine": ("keras", {"features", "bundle"}),
    "features.batch_size": (16, {"features", "bundle"}),
    "features.precision": ("float16", {"features", "bundle"}),
    "features.views": (["plain", "flip"], {"features", "bundle"}),
    "train.strategy": ("cascade", {"train"}),
    "train.order": ("coarsest_first", {"train"}),
    "train.freeze_trunk": (False, {"train"}),
    "train.merge": ("scores", {"train"}),
    "train.hidden": ([8], {"train"}),
    "train.activation": ("tanh", {"train"}),
    "train.dropout": (0.1, {"train"}),
    "train.batch_norm": (True, {"train"}),
    "train.l2": (0.1, {"train"}),
    "train.standardize": ("none", {"train"}),
    "train.loss": ("focal", {"train"}),
    "train.class_weight": ("balanced", {"train"}),
    "train.label_smoothing": (0.1, {"train"}),
    "train.loss_weights": ({"category": 2.0}, {"train"}),
    "train.threshold_for": ({"cat": "recall >= 0.9"}, {"train"}),
    "train.final": ("all", {"train"}),
    "train.decode": ("consistent", {"train"}),
    "train.optimizer": ("sgd", {"train"}),
    "train.learning_rate": (0.1, {"train"}),
    "train.batch_size": (16, {"train"}),
    "train.epochs": (5, {"train"}),
    "train.min_epochs": (2, {"train"}),
    "train.patience": (5, {"train"}),
    "train.precision": ("mixed_bfloat16", {"train"}),
    "train.tf32": (True, {"train"}),
    "train.seed": (43, {"train"}),
}
# What has to be set beside a parameter to make it valid.
BESIDE = {
    **{
        f"data.{name}": {"data.layout": "csv"}
        for name in (
            *("table", "tables", "delimiter", "columns", "tasks", "multilabel"),
            *("separator", "one_hot", "class_names"),
        )
    },
    "data.unlabelled": {"data.layout": "voc"},
    "data.group": {"data.levels": ["category", "landmark", "town"]},
    # Layers that tasks share.
    "train.loss_weights": {"train.hidden": [16]},
    "data.slices": {"data.levels": ["category", "landmark", "town"]},
    "keras.backend": {"features.engine": "keras"},
}
# A file that a parameter names: its place below the clone, the parameters that name it.
FILES = {
    "a table below data.root": (
        "data/raw/labels.csv",
        {"data.layout": "csv", "data.table": "labels.csv"},
        {"prepare"},
    ),
    "a table outside data.root": (
        "elsewhere/labels.csv",
        {"data.layout": "csv", "data.table": "../../elsewhere/labels.csv"},
        {"prepare"},
    ),
    "a table a part": (
        "elsewhere/train.csv",
        {"data.layout": "csv", "data.tables": {"train": "../../elsewhere/train.csv"}},
        {"prepare"},
    ),
    "names of classes": (
        "elsewhere/names.txt",
        {
            "data.layout": "csv",
            "data.table": "labels.csv",
            "data.class_names": {"kind": "../../elsewhere/names.txt"},
        },
        {"prepare"},
    ),
    "corrections": (
        "elsewhere/corrections.csv",
        {"data.corrections": "elsewhere/corrections.csv"},
        {"prepare"},
    ),
    "weights": (
        "elsewhere/weights.h5",
        {"backbone.weights": "elsewhere/weights.h5"},
        {"features"},
    ),
    "a network": (
        "elsewhere/own.keras",
        {"backbone.name": "elsewhere/own.keras"},
        {"features"},
    ),
    "a joined network": (
        "elsewhere/own.keras",
        {"backbone.name": ["efficientnet_lite0@64", "elsewhere/own.keras"]},
        {"features"},
    ),
    "a picture": ("data/raw/a/b/1.png", {}, {"prepare"}),
}
VARIABLES = {"TF_ENABLE_ONEDNN_OPTS": ("0", {"features", "train"})}

STAND_IN = '''
"""Writes what the stage of its name has to write, always the same."""
from pathlib import Path

for out in {outs}:
    path = Path(out) if Path(out).suffix else Path(out, "content")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text({stage!r})
'''
# What dvc.yaml names inside a folder that is an output.
INSIDE = {
    "prepare": [
        "data/prepared/index.csv",
        "data/prepared/labels.json",
        "data/prepared/near_duplicates.csv",
    ]
}

# One process for all, because starting DVC takes longer than all it does here. Only
# what a change is compared with is run; of the change, DVC says what it would run.
DRIVER = """
import copy, json, os, shutil, sys
from pathlib import Path
from dvc.cli import main
from dvc.repo import Repo
from ruamel.yaml import YAML

sys.path.insert(0, "src")
from headswap.check.stage import check_all

steps = json.loads(Path(sys.argv[1]).read_text())
default = YAML(typ="safe", pure=True).load(Path("params.yaml"))

def set_parameters(settings):
    sections = copy.deepcopy(default)
    for parameter, value in settings.items():
        section, key = parameter.split(".")
        sections[section][key] = value
    YAML().dump(sections, Path("params.yaml"))

def stages_to_run():
    shutil.rmtree("data/inputs")
    check_all("data/inputs")
    with Repo() as repo:
        return sorted(repo.status())

found, start = {}, None
for name, step in sorted(steps.items(), key=lambda each: str(each[1]["before"])):
    for path, content in step["files"].items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(content[0])
    if step["before"] != start:
        start = step["before"]
        set_parameters(start)
        assert main(["repro", "-q"]) == 0, name
    for path, content in step["files"].items():
        Path(path).write_text(content[1])
    os.environ.update(step["variables"])
    set_parameters(step["after"])
    found[name] = stages_to_run()
    for variable in step["variables"]:
        del os.environ[variable]
    if step["files"]:
        start = None
Path(sys.argv[2]).write_text(json.dumps(found))
"""


def steps():
    """What is set, written and changed, by the name of a case."""
    start = {"data.root": "data/raw"}
    plain = {"before": start, "after": start, "files": {}, "variables": {}}
    made = {}
    for name, (value, _) in PARAMETERS.items():
        before = {**start, **BESIDE.get(name, {})}
        made[name] = {**plain, "before": before, "after": {**before, name: value}}
    for name, (path, settings, _) in FILES.items():
        files = {path: ["before", "after it was changed"]}
        same = {**start, **settings}
        made[name] = {**plain, "before": same, "after": same, "files": files}
    for name, (value, _) in VARIABLES.items():
        made[name] = {**plain, "variables": {name: value}}
    return made


@pytest.fixture(scope="module")
def stages_of(repository, tmp_path_factory):
    """The stages that would run after each change, by the name of the case."""
    folder = tmp_path_factory.mktemp("inputs") / "clone"
    folder.mkdir()
    clone(repository, folder)
    pipeline = YAML(typ="safe").load(folder / "dvc.yaml")
    # It reads every parameter, which another test holds; here it would only take time.
    del pipeline["stages"]["report"]
    for name, stage in pipeline["stages"].items():
        if name != "check":
            outs = [*stage["outs"], *stage.get("metrics", []), *INSIDE.get(name, [])]
            outs = [out if isinstance(out, str) else next(iter(out)) for out in outs]
            script = STAND_IN.format(outs=outs, stage=name)
            (folder / "stages" / f"{name}.py").write_text(script)
            # Code is not what changes here, and DVC is twice as fast without.
            stage["deps"] = [n for n in stage["deps"] if n.startswith(("data/", "$"))]
    del pipeline["plots"]
    YAML().dump(pipeline, folder / "dvc.yaml")
    (folder / "dvc.lock").unlink()
    for root in ("raw", "other"):
        (folder / "data" / root / "a" / "b").mkdir(parents=True)
        (folder / "data" / root / "a" / "b" / "0.png").write_text(root)
    (folder / "driver.py").write_text(DRIVER)
    (folder / "steps.json").write_text(json.dumps(steps()))
    files = ("driver.py", "steps.json", "found.json")
    run_well(folder, sys.executable, *files, seconds=900)
    return json.loads((folder / "found.json").read_text())


def test_every_parameter_has_a_row():
    known = {
        f"{section}.{field.name}"
        for section in registry.names("params")
        for field in fields(registry.load("params", section).Section)
    }
    assert set(PARAMETERS) == known


def test_the_report_reads_every_parameter(repository):
    pipeline = YAML(typ="safe").load(repository / "dvc.yaml")
    known = {*registry.names("params")} - {"bundle"}  # Made after it.
    assert {*pipeline["stages"]["report"]["params"]} == known


@pytest.mark.parametrize("name", [*PARAMETERS, *FILES, *VARIABLES])
def test_a_change_reruns_exactly_the_stages_that_read_it(stages_of, name):
    *_, expected = {**PARAMETERS, **FILES, **VARIABLES}[name]
    # check always runs.
    assert set(stages_of[name]) == expected | {"check"}
