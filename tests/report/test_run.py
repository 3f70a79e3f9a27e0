"""A run is read as the stages before have written it."""

import json

import numpy as np

from headswap.artifacts.dataset.index import INDEX_COLUMNS
from headswap.artifacts.dataset.labels import Labels, write_labels
from headswap.artifacts.dataset.split import write_split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.predictions import Predictions, write_predictions
from headswap.artifacts.storage.tables import write_table
from headswap.evaluate.stage import evaluate_predictions
from headswap.report.run import read_run
from headswap.report.stage import write_report
from tests.made import make_split
from tests.report.conftest import COST, section

KIND = Task("kind", "multiclass", ("cat", "dog"))
TAGS = Task("tags", "multilabel", ("night", "snow"))


def test_a_run_is_read_and_its_page_written(tmp_path, write_features, sections):
    prepared, split = tmp_path / "prepared", tmp_path / "split"
    prepared.mkdir()
    image_ids = [f"image{n}" for n in range(12)]
    rows = [
        (i, f"{i}.png", 9, 9, "PNG", i, i, "", "", ["cat", "dog"][n % 2], "snow")
        for n, i in enumerate(image_ids)
    ]
    write_table(prepared / "index.csv", [*INDEX_COLUMNS, "kind", "tags"], rows)
    write_labels(prepared / "labels.json", Labels([KIND, TAGS], []))
    np.save(prepared / "images.npy", np.zeros((12, 8, 8, 3), np.uint8))
    parts = ["train"] * 4 + ["validation"] * 4 + ["test"] * 4
    write_split(split, image_ids, make_split([parts]))
    kind = np.full((1, 12, 2), [0.9, 0.1], np.float32)
    # Far above the threshold of what is not there, just below that of what is.
    tags = np.full((1, 12, 2), [0.2, 0.4], np.float32)
    thresholds = np.array([[0.02, 0.41]])
    write_predictions(
        tmp_path / "predictions",
        {"kind": Predictions(kind, None), "tags": Predictions(tags, thresholds)},
    )
    (tmp_path / "curves" / "round0").mkdir(parents=True)
    (tmp_path / "curves" / "round0" / "strengths.csv").write_text("head,loss\n")
    metrics = tmp_path / "metrics"
    evaluate_predictions(
        prepared, split, tmp_path / "predictions", tmp_path / "curves", metrics
    )
    (metrics / "cost.json").write_text(json.dumps(COST))
    folders = prepared, split, write_features(image_ids, np.eye(12))
    folders = *folders, tmp_path / "predictions", metrics

    run = read_run(*folders)
    assert [each.row for each in run.answers["kind"]] == [8, 9, 10, 11]
    assert [each.is_wrong for each in run.answers["kind"]] == [False, True] * 2
    told = {each.told for each in run.answers["tags"]}
    assert told == {"night 20.0 %, of 2.0 % needed"}
    assert run.num_wrong == 4
    assert run.primary("kind") == "f1"
    assert run.primary("tags") == "mean_average_precision"

    inputs, page = tmp_path / "report.json", tmp_path / "report" / "report.html"
    inputs.write_text(json.dumps({"libraries": {"numpy": "2.0"}}))
    write_report(sections, inputs, *folders, page)
    text = page.read_text(encoding="utf-8")
    assert "dog" in section(text, "wrong")
    assert "2.0" in section(text, "ran")
