"""A bundle from elsewhere is what headswap writes, or a sentence; no case runs code.

Each is as somebody would make it who knows how bundles are made: its hashes fit.
"""

import json
import os
import shutil

import h5py
import numpy as np
import pytest
from numpy.lib import format as npy

import headswap
from headswap.artifacts.bundle.bundle import FACTS
from headswap.artifacts.bundle.neighbours import Neighbours, write_neighbours
from headswap.errors import InputError
from headswap.machine.fingerprint import hash_file
from headswap.pictures.drawn import draw_pictures
from tests.bundles import SIZE, make_bundle

HEADS = "model/heads.npy"
BELOW = f"networks/net{SIZE}/below"


def edit(name, change):
    """edit(name, change): what changes a JSON file of a bundle."""

    def edited(folder):
        content = json.loads((folder / name).read_text())
        change(content)
        (folder / name).write_text(json.dumps(content))

    return edited


def say(**facts):
    return edit(FACTS, lambda content: content.update(facts))


def name_network(name):
    network = {"name": name, "image_size": SIZE, "has_below": True}
    return say(networks=[network])


def write(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def save_heads(values):
    return lambda folder: np.save(folder / HEADS, values, allow_pickle=True)


def no_number_among_heads(folder):
    numbers = np.load(folder / HEADS)
    numbers[5] = np.nan
    np.save(folder / HEADS, numbers)


def heads_of_a_terabyte(folder):
    with open(folder / HEADS, "wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (2**37,)}
        npy.write_array_header_1_0(file, header)


def first_weight(file):
    """The name and the data of a weight."""
    # It goes on as long as it is given None.
    name = file.visititems(
        lambda n, each: n if isinstance(each, h5py.Dataset) else None
    )
    return name, file[name]


def change_weight(change):
    def changed(folder):
        with h5py.File(folder / f"{BELOW}.weights.h5", "r+") as file:
            change(file, *first_weight(file))

    return changed


def weight_from_another_file(file, name, data):
    shape, dtype = data.shape, data.dtype
    del file[name]
    file.create_dataset(name, shape, dtype, external=[("/dev/zero", 0, 2**20)])


def weight_by_a_link(file, name, data):
    file.move(name, f"{name}-moved")
    file[name] = h5py.ExternalLink("elsewhere.h5", name)


def weight_that_is_no_number(file, name, data):
    data[...] = np.inf


def task(change):
    return edit("model/labels.json", lambda content: change(content["tasks"][0]))


def block(**facts):
    def change(content):
        content[0]["blocks"][0].update(facts)

    return edit("model/heads.json", change)


def decide(key, **facts):
    return edit("model/training.json", lambda content: content[key].update(facts))


DEEP = b"[" * 100_000
DOORS = {
    "a module as backend": (say(backend="os.path"), "backend must be as"),
    "a path as engine": (say(engine="../engines/keras"), "engine must be as"),
    "another type": (say(image_size=str(SIZE)), "image_size must be as"),
    "a size of no memory": (say(image_size=10**9), "image_size must be as"),
    "a view nobody knows": (say(views=["plain", "eval"]), r"views\.1 must be as"),
    "numbers of objects": (say(cached_dtype="O"), "cached_dtype must be as"),
    "no networks": (say(networks=[]), "networks must be as"),
    "a network elsewhere": (name_network("../../net"), r"networks\.0\.name must be as"),
    "a network of no file": (name_network("net9"), "got 2 missing or changed"),
    "facts nested deep": (write(FACTS, DEEP), "recursion limit"),
    "pictures added": (
        lambda folder: write_neighbours(folder, Neighbours(["a"], {}, {})),
        r"must be one that bundle\.json names, got neighbours/paths\.json",
    ),
    "heads nested deep": (write("model/heads.json", DEEP), "recursion limit"),
    "heads of objects": (save_heads(np.array([{}])), "Python objects"),
    "heads too short": (save_heads(np.zeros(3)), "must have the 33 numbers"),
    "heads too long": (save_heads(np.zeros(300)), "must have the 33 numbers"),
    "heads that unpack": (heads_of_a_terabyte, "greater than file size"),
    "heads without a number": (no_number_among_heads, "must be finite, got nan"),
    "heads of a negative width": (block(width=-3), r"0\.blocks\.0\.width must be as"),
    "heads of other features": (block(source="x"), "must be of the features"),
    "a task that is a path": (
        task(lambda first: first.update(name="../x")),
        r"tasks\.0\.name must be as",
    ),
    "a class too many": (
        task(lambda first: first["class_names"].append("more")),
        "a probability of each of the 4 classes of shape, got 3",
    ),
    "a class twice": (
        task(lambda first: first["class_names"].append("round")),
        "the classes of shape must be different",
    ),
    "classes that are numbers": (
        task(lambda first: first.update(class_names=[1, 2, 3])),
        r"tasks\.0\.class_names\.0 must be as",
    ),
    "relations of no tasks": (
        edit(
            "model/labels.json",
            lambda content: content.update(
                relations=[{"finer": "a", "coarser": "b", "parents": {"c": "d"}}]
            ),
        ),
        "a_in_b must relate classes of two tasks",
    ),
    "a temperature of 0": (decide("temperatures", shape=0), "temperatures.shape must"),
    "a temperature of none": (
        decide("temperatures", shape=float("nan")),
        "temperatures.shape must",
    ),
    "thresholds too few": (decide("thresholds", tags=[0.1]), "thresholds of as many"),
    "weights from a device": (
        change_weight(weight_from_another_file),
        "must hold the weights of the layers beside it",
    ),
    "weights by a link": (
        change_weight(weight_by_a_link),
        "must hold the weights of the layers beside it",
    ),
    "weights that are no numbers": (
        change_weight(weight_that_is_no_number),
        "each weight must be a finite number",
    ),
    "weights that are none": (
        write(f"{BELOW}.weights.h5", b"weights"),
        "must hold the weights of the layers beside it",
    ),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("made"))


@pytest.fixture
def bundle(made, tmp_path):
    return shutil.copytree(made, tmp_path / "bundle")


def use(folder):
    headswap.load(folder).probabilities(draw_pictures(1, SIZE))


def hash_again(folder):
    """Let `bundle.json` name the files as they are."""
    facts = json.loads((folder / FACTS).read_text())
    facts["files"] = {name: hash_file(folder / name) for name in facts["files"]}
    (folder / FACTS).write_text(json.dumps(facts))


@pytest.mark.survives("doors")
@pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning")
@pytest.mark.parametrize("case", DOORS)
def test_a_bundle_of_another_form_is_refused(case, bundle):
    change, message = DOORS[case]
    change(bundle)
    if not case.startswith("facts"):
        hash_again(bundle)
    with pytest.raises(InputError, match=message):
        use(bundle)


@pytest.mark.survives("doors")
def test_a_file_that_no_hash_stands_for_is_not_loaded(bundle):
    edit(FACTS, lambda facts: facts["files"].pop("model/heads.npy"))(bundle)
    with pytest.raises(
        InputError, match=r"must be one that bundle\.json names, got mo"
    ):
        use(bundle)


@pytest.mark.survives("doors")
@pytest.mark.parametrize("name", ["../outside", "{}/outside", "a/../../outside"])
def test_a_name_outside_the_bundle_is_no_file_of_it(bundle, name):
    outside = bundle.parent / "outside"
    outside.write_text("")
    (bundle / "a").mkdir()
    name = name.format(bundle.parent)
    edit(FACTS, lambda facts: facts["files"].update({name: hash_file(outside)}))(bundle)
    with pytest.raises(InputError, match="got 1 missing or changed"):
        use(bundle)


@pytest.mark.survives("doors")
def test_a_pipe_in_a_bundle_is_not_waited_for(bundle):
    (bundle / HEADS).unlink()
    os.mkfifo(bundle / HEADS)
    with pytest.raises(InputError, match=r"1 missing or changed: model/heads\.npy"):
        use(bundle)
