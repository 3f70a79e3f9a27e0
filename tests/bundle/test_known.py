"""A bundle names training pictures alone, as many as may go with it."""

import json

import numpy as np
import pytest

from headswap.artifacts.bundle.neighbours import read_neighbours
from headswap.artifacts.dataset.index import INDEX_COLUMNS
from headswap.artifacts.dataset.labels import Labels, write_labels
from headswap.artifacts.dataset.split import write_split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.tables import write_table
from headswap.bundle.known import write_known
from tests.made import make_split

ROUNDS = [
    ["train"] * 6 + ["validation", "test"],
    ["test", "validation"] + ["train"] * 6,
]
VECTORS = np.random.default_rng(0).random((8, 5), np.float32)


@pytest.fixture
def write(tmp_path):
    """write(count, ...): the neighbours of a bundle of eight pictures."""

    def call(count, is_of_first_round=True, random_weights=False):
        image_ids = [f"image{n}" for n in range(8)]
        rows = [(i, f"{i}.png", 9, 9, "PNG", i, i, "", "", "cat") for i in image_ids]
        prepared, features = tmp_path / "prepared", tmp_path / "features"
        for folder in (prepared, features / "net"):
            folder.mkdir(parents=True)
        write_table(prepared / "index.csv", [*INDEX_COLUMNS, "kind"], rows)
        kind = Task("kind", "multiclass", ("cat", "dog"))
        write_labels(prepared / "labels.json", Labels([kind], []))
        write_split(tmp_path / "split", image_ids, make_split(ROUNDS))
        names = [(image_id, 0, "plain") for image_id in image_ids]
        write_table(features / "rows.csv", ["image_id", "copy", "view"], names)
        (features / "features.json").write_text('{"members": ["net"]}')
        facts = json.dumps({"random_weights": random_weights})
        (features / "net" / "member.json").write_text(facts)
        np.save(features / "net" / "features.npy", VECTORS)
        bundle = tmp_path / "bundle"
        number = write_known(
            prepared, tmp_path / "split", features, is_of_first_round, count, bundle
        )
        return number, read_neighbours(bundle, ["net"])

    return call


def test_they_are_what_the_kept_model_was_fitted_to(write):
    number, found = write(100)
    assert number == 6
    assert found.paths == [f"image{n}.png" for n in range(6)]
    assert found.nearest([{"net": VECTORS[2:4]}], 1) == [["image2.png"], ["image3.png"]]


def test_a_model_of_all_pictures_names_all(write):
    number, found = write(100, is_of_first_round=False)
    assert number == len(found.paths) == 8


def test_of_more_they_are_from_all_over(write):
    number, found = write(3)
    assert number == 3
    assert found.paths == ["image0.png", "image2.png", "image4.png"]
    # Like what is left out: the mean is that of all.
    np.testing.assert_allclose(found.means["net"], VECTORS[:6].mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize("asked", [{"count": 0}, {"count": 9, "random_weights": True}])
def test_none_may_go_or_can_be_told_apart(write, asked):
    assert write(**asked) == (0, None)
