"""Runs as the stages before hand them on: tiny pictures, made-up answers."""

import json
from dataclasses import replace

import numpy as np
import pytest

from headswap import params, registry
from headswap.artifacts.dataset.index import INDEX_COLUMNS
from headswap.artifacts.dataset.labels import Labels, write_labels
from headswap.artifacts.dataset.split import write_split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import read_features
from headswap.artifacts.model.predictions import Predictions, write_predictions
from headswap.artifacts.storage.arrays import create_rows, write_rows
from headswap.artifacts.storage.tables import write_table
from headswap.evaluate.stage import evaluate_predictions
from headswap.report.page import build_report
from headswap.report.run import Answer, Run
from tests.made import make_index, make_split, save_rows

SIDE = 8
KIND = Task("kind", "multiclass", ("cat", "dog"))
TAGS = Task("tags", "multilabel", ("night", "snow"))
COST = {"parameters": 10, "megabytes": 1.5, "million_multiply_adds": 20}
NETWORK = {
    "backbone": "net",
    "image_size": 32,
    "cut_after": "pooled",
    "parameters_below": 1000,
    "parameters_trained": 0,
    "engine": "openvino",
    "device": "CPU",
    "random_weights": False,
}


def entry(value=0.75, low=0.5, high=0.9):
    return {"value": value, "low": low, "high": high, "method": "Wilson"}


def part_of(images=4, **scores):
    return {
        "estimand": "this model on new images",
        "images": float(images),
        "groups": float(images),
        "rounds": 1,
        "scores": scores or {"accuracy": entry(), "f1": entry()},
    }


def empty(*columns):
    return {column: [] for column in columns}


def make_run(num_images=12, class_names=("cat", "dog"), parts=None, paths=None):
    """A run of one task: test images are one class, said to be the next one."""
    names = tuple(class_names)
    task = Task("kind", "multiclass", names)
    cells = [names[n % len(names)] for n in range(num_images)]
    image_ids = [f"image{n:06}" for n in range(num_images)]
    paths = paths or [f"{i}.png" for i in image_ids]
    index = make_index(image_ids, {"kind": cells}, [task], paths=paths)
    parts = parts or [["train", "validation", "test"][n % 3] for n in range(num_images)]
    split = make_split([parts])
    tested = [row for row in range(num_images) if parts[row] == "test"]
    answers = [
        Answer(
            row, cells[row], names[(row + row % 2) % len(names)], 1 + row / 99, "73 %"
        )
        for row in tested
    ]
    scores = ("precision", "recall", "f1", "auc", "average_precision")
    columns = ("task", "part", "class", "support", *scores)
    rows = [("kind", "test", name, "4", *["0.5"] * 5) for name in names]
    return Run(
        index=index,
        split=split,
        intervals={"kind": {"validation": part_of(), "test": part_of()}},
        rounds={("kind", "test", "f1"): [0.75]},
        classes=dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)),
        confusions={"kind": [(x.actual, x.predicted, 1) for x in answers]},
        slices={},
        reliability=empty("task", "confidence", "accuracy", "low", "high"),
        coverage=empty("task", "coverage", "error"),
        answers={"kind": answers},
        cost=COST,
        networks=[NETWORK],
    )


@pytest.fixture(scope="session")
def sections(repository):
    """All sections of params.yaml."""
    file = repository / "params.yaml"
    return {name: params.read(name, file) for name in registry.names("params")}


def write_features(folder, image_ids, vectors, random_weights=False):
    """Write a features folder of one network."""
    (folder / "net").mkdir(parents=True, exist_ok=True)
    write_table(
        folder / "rows.csv",
        ["image_id", "copy", "view"],
        [(image_id, 0, "plain") for image_id in image_ids],
    )
    (folder / "features.json").write_text(json.dumps({"members": ["net"]}))
    facts = NETWORK | {"random_weights": random_weights}
    (folder / "net" / "member.json").write_text(json.dumps(facts))
    save_rows(folder / "net" / "features", np.asarray(vectors, np.float32))
    return folder


def write_run(folder):
    """Write the folders of a run: two tasks, four test images, half of them right."""
    data, metrics = folder / "data", folder / "metrics"
    prepared, split = data / "prepared", data / "split"
    prepared.mkdir(parents=True)
    image_ids = [f"image{n}" for n in range(12)]
    rows = [
        (i, f"{i}.png", 9, 9, "PNG", i, i, "", "", ["cat", "dog"][n % 2], "snow")
        for n, i in enumerate(image_ids)
    ]
    write_table(prepared / "index.csv", [*INDEX_COLUMNS, "kind", "tags"], rows)
    write_labels(prepared / "labels.json", Labels([KIND, TAGS], []))
    save_rows(prepared / "images", np.zeros((12, 8, 8, 3), np.uint8))
    parts = ["train"] * 4 + ["validation"] * 4 + ["test"] * 4
    write_split(split, image_ids, make_split([parts]))
    kind = np.full((1, 12, 2), [0.9, 0.1], np.float32)
    # Far above the threshold of what is not there, just below that of what is.
    tags = np.full((1, 12, 2), [0.2, 0.4], np.float32)
    thresholds = np.array([[0.02, 0.41]])
    write_predictions(
        data / "predictions",
        {"kind": Predictions(kind, None), "tags": Predictions(tags, thresholds)},
        "independent",
    )
    (data / "curves" / "round0").mkdir(parents=True)
    (data / "curves" / "round0" / "strengths.csv").write_text("head,loss\n")
    evaluate_predictions(
        prepared, split, data / "predictions", data / "curves", metrics
    )
    (metrics / "cost.json").write_text(json.dumps(COST))
    folders = prepared, split, write_features(data / "features", image_ids, np.eye(12))
    return *folders, data / "predictions", metrics


@pytest.fixture
def build(tmp_path, sections):
    """build(run, vectors, **changes of params.data): the page."""

    def call(run, vectors=None, random_weights=False, noise=SIDE, **changes):
        num_images = len(run.index.image_ids)
        if vectors is None:
            vectors = np.random.default_rng(0).random((num_images, 4))
        folder = tmp_path / "features"
        write_features(folder, run.index.image_ids, vectors, random_weights)
        create_rows(tmp_path / "images", (num_images, noise, noise, 3), "uint8")
        random = np.random.default_rng(0)
        drawn = np.arange(min(num_images, 300))
        shape = (len(drawn), noise, noise, 3)
        pixels = random.integers(0, 256, shape, np.uint8)
        write_rows(tmp_path / "images", drawn, pixels)
        given = sections | {"data": replace(sections["data"], **changes)}
        features = read_features(folder, [])
        return build_report(run, given, {"numpy": "2"}, tmp_path, features)

    return call


def section(page, anchor):
    """One section of a page."""
    return page.partition(f'<section id="{anchor}"')[2].partition("</section>")[0]
