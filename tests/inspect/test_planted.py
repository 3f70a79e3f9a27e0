"""Planted wrong labels: of the first suspects nearly all are planted ones.

Real photographs are looked through where `PHOTOS` names the folder that holds the data
sets `scenes` and `monuments`; clusters of drawn features everywhere.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headswap import params
from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.dataset.split import read_split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import read_features
from headswap.augment.stage import augment_images
from headswap.check.inputs import write_inputs
from headswap.features.stage import compute_features
from headswap.inspect.suspects import NUM_FOLDS, find_suspects
from headswap.prepare.stage import prepare_images
from headswap.solver.out_of_fold import deal_folds, out_of_fold
from headswap.split.stage import split_images
from tests.inspect.conftest import separable
from tests.made import make_index

SHARE, FIRST, SEEDS = 0.05, 20, 5
# By data set: levels, the task in question, and the least precision.
SETS = {
    "scenes": (("split", "label"), "label", 0.95),
    "monuments": (("category", "landmark"), "landmark", 0.90),
}


def plant(index, task, seed, likelier=None):
    """The index with wrong labels of a task, and the rows that have them.

    Args:
        index: of the N images.
        task: whose labels.
        seed: of the draw.
        likelier: (N, C); the wrong label is the likeliest other class. None: any.
    """
    random = np.random.default_rng(seed)
    classes = task.encode(index.cells[task.name]).argmax(axis=1)
    rows = random.choice(len(classes), round(SHARE * len(classes)), replace=False)
    if likelier is None:
        wrong = classes[rows] + random.integers(1, task.num_classes, len(rows))
        wrong %= task.num_classes
    else:
        others = np.where(task.encode(index.cells[task.name]) > 0, -1, likelier)
        wrong = others[rows].argmax(axis=1)
    cells = list(index.cells[task.name])
    for row, number in zip(rows.tolist(), wrong.tolist(), strict=True):
        cells[row] = task.class_names[number]
    one = replace(index, tasks=[task], cells={task.name: cells})
    return one, set(rows.tolist())


def precision(features, index, groups, planted):
    """The share of planted ones among the first suspects, no more than were planted."""
    first = find_suspects(features, index, groups)[: min(FIRST, len(planted))]
    return sum(each.row in planted for each in first) / min(FIRST, len(planted))


def test_planted_labels_of_drawn_features_come_first(write_features):
    task = Task("kind", "multiclass", tuple("abcdef"))
    names = [f"i{n:03}" for n in range(420)]
    index = make_index(names, {"kind": list("abcdef") * 70}, [task])
    vectors = separable(index, spread=0.8)
    cached = read_features(write_features(names, net=vectors), [])
    found = []
    for seed in range(2):
        planted_index, planted = plant(index, task, seed)
        found.append(precision(cached, planted_index, np.array(names), planted))
    assert np.mean(found) >= 0.95


@pytest.fixture(scope="module", params=SETS)
def photographs(request, tmp_path_factory, section, repository):
    """(name, features, index, groups, task, least precision) of a data set."""
    levels, name, least = SETS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    sections = params.check(params.load(repository / "params.yaml"))
    root = str(Path(os.environ["PHOTOS"]) / request.param)
    sections["data"] = replace(sections["data"], root=root, levels=levels)
    write_inputs(sections, folder / "inputs")
    prepared, split, augmented, cached = (
        folder / each for each in ("prepared", "split", "augmented", "features")
    )
    prepare_images(
        folder / "inputs" / "prepare.json",
        sections["data"],
        sections["prepare"],
        prepared,
    )
    split_images(prepared, sections["split"], split, folder / "report")
    sheet = folder / "augmented.jpg"
    augment_images(prepared, split, sections["augment"], augmented, sheet)
    compute_features(
        folder / "inputs" / "features.json",
        prepared,
        augmented,
        sections["backbone"],
        sections["features"],
        sections["keras"].backend,
        cached,
        folder / "cost.json",
    )
    index = read_index(prepared)
    task = next(task for task in index.tasks if task.name == name)
    features = read_features(cached, [prepared / "images"])
    return request.param, features, index, read_split(split).groups, task, least


needs_photographs = pytest.mark.skipif(
    not os.environ.get("PHOTOS"), reason="needs PHOTOS"
)


@pytest.mark.endure
@needs_photographs
def test_planted_labels_of_photographs_come_first(photographs):
    name, features, index, groups, task, least = photographs
    found = []
    for seed in range(SEEDS):
        planted_index, planted = plant(index, task, seed)
        found.append(precision(features, planted_index, groups, planted))
    print(f"{name}, any other class: {np.mean(found):.3f} {found}")
    assert np.mean(found) >= least


@pytest.mark.endure
@needs_photographs
def test_planted_labels_of_the_next_likely_class_come_early(photographs):
    name, features, index, groups, task, _ = photographs
    rows = np.arange(len(index.image_ids))
    vectors = features.members[0].rows[rows]
    targets = task.encode(index.cells[task.name])
    folds = deal_folds(index.cells[task.name], groups.tolist(), NUM_FOLDS)
    likely = out_of_fold(
        [vectors], targets, task.is_labelled(targets), folds, task.kind
    )
    found = []
    for seed in range(SEEDS):
        planted_index, planted = plant(index, task, seed, likely)
        found.append(precision(features, planted_index, groups, planted))
    print(f"{name}, next likely class: {np.mean(found):.3f} {found}")
    # Ten times what chance would find.
    assert np.mean(found) >= 0.5
