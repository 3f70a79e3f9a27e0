"""What a disk or another program made of features is found, and named."""

import json

import numpy as np
import pytest

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import read_features
from headswap.artifacts.model.predictions import (
    Predictions,
    read_predictions,
    write_predictions,
)
from headswap.artifacts.storage.arrays import Rows
from headswap.artifacts.storage.files import read_array
from headswap.artifacts.storage.tables import write_table
from headswap.errors import InputError
from headswap.features.stage import write_features
from tests.made import save_rows


@pytest.fixture
def folder(tmp_path):
    """A features folder of one member with three rows."""
    member = tmp_path / "net"
    member.mkdir()
    save_rows(member / "features", np.ones((3, 2), np.float32))
    (member / "member.json").write_text(json.dumps({"random_weights": False}))
    (tmp_path / "features.json").write_text(json.dumps({"members": ["net"]}))
    rows = [(f"image{number}", 0, "plain") for number in range(3)]
    write_table(tmp_path / "rows.csv", ["image_id", "copy", "view"], rows)
    return tmp_path


def test_whole_features_are_read(folder):
    (member,) = read_features(folder, []).members
    assert member.rows[np.arange(3)].tolist() == [[1, 1]] * 3


@pytest.mark.survives("faults")
@pytest.mark.parametrize("number", [2, 4])
def test_features_of_another_length_are_an_error(folder, number):
    save_rows(folder / "net" / "features", np.ones((number, 2), np.float32))
    with pytest.raises(
        InputError, match=f"each of the 3 rows of rows.csv, got {number}"
    ):
        read_features(folder, [])


@pytest.mark.survives("faults")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_feature_that_is_no_number_is_an_error(folder, value, dtype):
    values = np.ones((3, 2), dtype)
    values[2, 1] = value
    save_rows(folder / "net" / "features", values)
    (member,) = read_features(folder, []).members
    member.rows[np.array([0, 1])]
    with pytest.raises(InputError, match=r"features: every number .* in rows 2\."):
        member.rows[np.array([1, 2])]


@pytest.mark.survives("faults")
@pytest.mark.parametrize("length", [0, 60, 128, 150])
def test_an_array_that_lost_its_end_is_an_error(folder, length):
    path = folder / "net" / "features" / "00000.npy"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(InputError, match="must be a whole array of numbers"):
        read_array(path)
    with pytest.raises(InputError, match="must be a whole array of numbers"):
        Rows([path.parent])


TAGS = Task("tags", "multilabel", ("big", "old"))


@pytest.mark.survives("faults")
@pytest.mark.parametrize(
    ("name", "values", "got"),
    [
        ("tags.npy", np.full((1, 3, 2), np.nan), r"\(1, 3, 2\) with others"),
        ("tags.npy", np.zeros((1, 3, 3)), r"\(1, 3, 3\)\. Delete"),
        ("tags.npy", np.zeros((3, 2)), r"\(3, 2\)\. Delete"),
        ("tags-thresholds.npy", np.full((1, 2), np.inf), r"\(1, 2\) with others"),
        ("tags-thresholds.npy", np.zeros((1, 1)), r"\(1, 1\)\. Delete"),
    ],
)
def test_predictions_of_others_or_of_no_numbers_are_an_error(
    tmp_path, name, values, got
):
    half = Predictions(np.full((1, 3, 2), 0.5, np.float32), np.full((1, 2), 0.5))
    write_predictions(tmp_path, {"tags": half}, "independent")
    assert read_predictions(tmp_path, [TAGS])
    np.save(tmp_path / name, values)
    with pytest.raises(InputError, match=rf"{name}: it must have finite .* got {got}"):
        read_predictions(tmp_path, [TAGS])


@pytest.mark.survives("faults")
@pytest.mark.parametrize("values", [np.zeros((1, 4), bool), np.zeros((1, 3))])
def test_what_is_unlike_of_other_images_or_no_answer_is_an_error(tmp_path, values):
    half = Predictions(np.full((1, 3, 2), 0.5, np.float32), np.full((1, 2), 0.5))
    write_predictions(tmp_path, {"tags": half}, "independent")
    np.save(tmp_path / "tags-unlike.npy", values)
    with pytest.raises(InputError, match=r"tags-unlike.npy: .* yes or no, \(1, 3\)"):
        read_predictions(tmp_path, [TAGS])


@pytest.mark.survives("faults")
def test_pictures_of_another_number_than_the_index_are_an_error(tmp_path, section):
    save_rows(tmp_path / "images", np.zeros((2, 8, 8, 3), np.uint8))
    with pytest.raises(InputError, match=r"each of the 3 rows, got 2\."):
        write_features(
            [tmp_path / "images"],
            [(f"image{number}", 0) for number in range(3)],
            "origin",
            section("backbone"),
            section("features"),
            "tensorflow",
            tmp_path / "features",
        )


@pytest.mark.survives("doors")
@pytest.mark.parametrize("name", ["../net", "/tmp", "a/b", "a\0b", ""])
def test_a_member_of_features_is_no_path(folder, name):
    (folder / "features.json").write_text(json.dumps({"members": [name]}))
    with pytest.raises(InputError, match=r"features\.json: members\.0 must be as"):
        read_features(folder, [])
