"""What is exported for FiftyOne is the run, as its format asks for it."""

import json

import numpy as np
import pytest

from headswap.cli import main
from headswap.errors import InputError
from headswap.use.export.fiftyone import export
from tests.report.conftest import write_run


@pytest.fixture(scope="module")
def exported(tmp_path_factory, repository):
    """The folder that is exported."""
    project = tmp_path_factory.mktemp("project")
    write_run(project)
    (project / "params.yaml").write_text((repository / "params.yaml").read_text())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        main(["export", "fiftyone"])
    return project / "data/export/fiftyone"


@pytest.fixture(scope="module")
def samples(exported):
    return json.loads((exported / "samples.json").read_text())["samples"]


def test_every_image_is_a_sample_with_its_labels_part_and_group(samples):
    assert len({each["_id"]["$oid"] for each in samples}) == 12
    first = samples[0]
    assert first["filepath"].endswith("/data/sample/pictures/image0.png")
    assert first["filepath"].startswith("/")
    assert first["tags"] == first["parts"] == ["train"]
    assert first["group_name"] == "group0"
    assert first["kind_label"]["label"] == "cat"
    [tag] = first["tags_label"]["classifications"]
    assert tag["label"] == "snow"


def test_answers_are_those_of_images_that_were_not_fitted_to(samples):
    assert "kind_prediction" not in samples[0]
    tested = samples[9]
    assert tested["kind_prediction"]["label"] == "cat"
    assert tested["kind_prediction"]["confidence"] == pytest.approx(0.9)
    assert tested["kind_is_right"] is False
    [tag] = tested["tags_prediction"]["classifications"]
    assert tag["label"] == "night"
    assert tag["confidence"] == pytest.approx(0.2)


def test_every_field_of_a_sample_is_described(exported, samples):
    described = json.loads((exported / "metadata.json").read_text())
    names = {each["db_field"] for each in described["sample_fields"]}
    assert {key for each in samples for key in each} <= names
    assert described["classes"]["kind_label"] == ["cat", "dog"]


def test_features_are_rows_in_the_order_of_the_samples(exported):
    np.testing.assert_array_equal(np.load(exported / "features-net.npy"), np.eye(12))
    assert "features-net.npy" in (exported / "README.md").read_text()


def test_without_a_run_it_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"data/prepared.*Run `dvc repro`"):
        export()


def test_an_unknown_format_is_an_error_that_lists_those_there_are():
    with pytest.raises(SystemExit, match=r"must be one of .*fiftyone"):
        main(["export", "nothing"])
