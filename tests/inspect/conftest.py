"""A data set as the stages before hand it on, with all that may be wrong in it."""

import json
import shutil

import numpy as np
import pytest

from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.storage.tables import write_table
from headswap.inspect.stage import inspect_data
from headswap.prepare.stage import prepare_images
from headswap.split.stage import split_images
from tests.made import save_rows

SIZE = 32


@pytest.fixture
def write_features(tmp_path):
    """write_features(image_ids, **members): a features folder; plain and mirrored.

    A member is an array, one row an image, or one that is called `random_...`: of a
    network with random weights.
    """

    def write(image_ids, **members):
        folder = tmp_path / "features"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        rows = [(i, 0, view) for view in ("plain", "flip") for i in image_ids]
        # Augmented versions are no pictures of the data set.
        rows += [(image_ids[0], 1, "plain")]
        write_table(folder / "rows.csv", ["image_id", "copy", "view"], rows)
        names = json.dumps({"members": list(members)})
        (folder / "features.json").write_text(names)
        for name, values in members.items():
            (folder / name).mkdir()
            facts = json.dumps({"random_weights": name.startswith("random")})
            (folder / name / "member.json").write_text(facts)
            stored = np.concatenate([values, values, 0 * values[:1] + 9])
            save_rows(folder / name / "features", stored)
        return folder

    return write


@pytest.fixture
def inspect(tmp_path, section, inputs_of_prepare, write_features):
    """inspect(root, features, **data): what the stage writes, from a raw folder.

    `features` takes the index and returns the members.
    """

    def call(root, features, method="stratified", **data):
        prepared, split = tmp_path / "prepared", tmp_path / "split"
        options = section("data", root=str(root), conflicts="drop", **data)
        pixels = section("prepare", image_size=SIZE)
        prepare_images(inputs_of_prepare, options, pixels, prepared)
        dealt = section("split", validation=1, test=1, method=method)
        split_images(prepared, dealt, split, tmp_path / "metrics")
        index = read_index(prepared)
        folder = write_features(index.image_ids, **features(index))
        counts, page = tmp_path / "data.json", tmp_path / "report" / "data.html"
        suspects = tmp_path / "report" / "suspects.csv"
        leaks = tmp_path / "metrics" / "leaks.csv"
        inspect_data(prepared, split, folder, leaks, counts, page, suspects)
        return (
            json.loads(counts.read_text()),
            page.read_text(encoding="utf-8"),
            suspects,
        )

    return call


def separable(index, task=0, wrong=(), spread=0.3):
    """Features (N, 16) of the pictures' true classes: another's, for those of `wrong`.

    Args:
        index: of the N images.
        task: whose classes they show.
        wrong: paths of images that look like the next class.
        spread: around the centre of a class.
    """
    random = np.random.default_rng(0)
    name = index.tasks[task].name
    targets = index.tasks[task].encode(index.cells[name])
    classes = targets.argmax(axis=1)
    for row, path in enumerate(index.paths):
        classes[row] = (classes[row] + (path in wrong)) % targets.shape[1]
    centres = random.normal(size=(targets.shape[1], 16))
    noise = spread * random.normal(size=(len(classes), 16))
    return (centres[classes] + noise).astype(np.float32)


@pytest.fixture
def raw(tmp_path, write_picture):
    """A folder with 3 classes of 12 pictures, all different."""
    root = tmp_path / "raw"
    for number in range(36):
        write_picture(root / f"class{number // 12}" / f"{number:02}.png", number)
    return root
