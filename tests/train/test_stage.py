"""Each round trains on its own rows; a run's name says what its numbers come from."""

import numpy as np
import pytest

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import Features
from headswap.artifacts.features.views import average_views
from headswap.train import stage
from headswap.train.rows import rows_of_rounds
from tests.made import make_index, make_split


def test_each_round_has_the_rows_of_its_own_parts(tmp_path):
    # Rows 6 to 8 are augmented versions of the images a, c and f.
    row_ids, copies = np.array([*"abcdefacf"]), np.array([0] * 6 + [1, 1, 1])
    parts = [["train"] * 2 + ["validation"] * 2 + ["test"] * 2]
    parts += [["test"] * 2 + ["train"] * 2 + ["validation"] * 2]
    times = [[2, 1, 0, 0, 0, 0], [0, 0, 1, 3, 0, 0]]
    task = Task("kind", "multiclass", ("x", "y"))
    index = make_index("abcdef", {"kind": "xyxyxy"}, [task])
    features = Features([], row_ids, copies)
    found = rows_of_rounds(features, index, make_split(parts, times))
    assert [rows.train.tolist() for rows in found] == [
        [0, 0, 1, 6, 6],
        [2, 3, 3, 3, 7],
    ]
    assert [rows.validation.tolist() for rows in found] == [[2, 3], [4, 5]]
    assert [rows.folds.tolist() for rows in found] == [
        [1, 0, -1, -1, -1, -1, 1, -1, -1],
        [-1, -1, 1, 0, -1, -1, -1, 1, -1],
    ]
    for rows in found:
        assert rows.images.tolist() == [0, 1, 2, 3, 4, 5, 0, 2, 5]
        assert rows.is_prepared.tolist() == [True] * 6 + [False] * 3


def test_views_of_an_image_are_averaged():
    values = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.0, 1.0]])
    averaged = average_views(values, np.array([4, 2, 4, 2]))
    np.testing.assert_array_equal(averaged, [[0, 1], [0.75, 0.25]])


READ = [
    "inputs.json",
    "prepared/index.csv",
    "prepared/labels.json",
    "split/split.csv",
    "features/rows.csv",
    "features/net/member.json",
]


@pytest.fixture
def name_of_run(section, tmp_path):
    """name_of_run(**train): the name of a run that reads the files of READ."""
    for name in READ:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    folders = ("prepared", "split", "augmented", "features")
    inputs = stage.Inputs(
        tmp_path / "inputs.json", *(tmp_path / name for name in folders)
    )

    def call(*, backbone=None, **train):
        backbone = section("backbone", **(backbone or {}))
        return stage._name_of_run(inputs, section("train", **train), backbone)

    return call


@pytest.mark.parametrize("name", READ)
def test_another_file_that_is_read_gives_a_run_another_name(
    name_of_run, name, tmp_path
):
    before = name_of_run()
    assert name_of_run() == before
    (tmp_path / name).write_text("after")
    assert name_of_run() != before


def test_another_parameter_gives_a_run_another_name(name_of_run):
    changes = [{}, {"seed": 7}, {"strategy": "cascade"}, {"dropout": 0.5}]
    changes += [{"backbone": {"learning_rate": 0.5}}]
    assert len({name_of_run(**change) for change in changes}) == len(changes)
