"""Suspects: planted wrong labels come first, and nothing vouches for itself."""

import csv
import shutil

import numpy as np
import pytest

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import read_features
from headswap.inspect.suspects import find_suspects, usable_members
from tests.inspect.conftest import separable
from tests.made import make_index

NUM_IMAGES = 60
GROUPS = np.array([f"group{n:02}" for n in range(NUM_IMAGES)])
KIND = Task("kind", "multiclass", ("a", "b", "c"))


@pytest.fixture
def find(write_features):
    """find(index, groups, **members): the suspects."""

    def call(index, groups=GROUPS, **members):
        cached = read_features(write_features(index.image_ids, **members), [])
        return find_suspects(cached, index, groups)

    return call


def make_data(task=KIND, num_images=NUM_IMAGES):
    names = [f"i{n:02}" for n in range(num_images)]
    return make_index(names, {task.name: list("abc") * (num_images // 3)}, [task])


def test_planted_labels_are_found_first(find):
    index = make_data()
    features = separable(index)
    for row in (7, 20, 33):
        index.cells["kind"][row] = "abc"[(row + 1) % 3]
    found = find(index, net=features)
    assert {each.row for each in found[:3]} == {7, 20, 33}
    first = next(each for each in found if each.row == 7)
    assert (first.task, first.label, first.likely, first.cell) == (
        "kind",
        "c",
        "b",
        "b",
    )
    assert [each.probability for each in found] == sorted(
        each.probability for each in found
    )


def test_right_labels_are_no_suspects(find):
    index = make_data()
    assert find(index, net=separable(index, spread=0.05)) == []


def test_pictures_of_a_group_do_not_vouch_for_each_other(find):
    index = make_data()
    features = separable(index, spread=0.5)
    twins = [0, 3, 6, 9]
    features[twins] = features[1]
    groups = GROUPS.copy()
    groups[twins] = "together"
    found = find(index, groups, net=features)
    assert set(twins) <= {each.row for each in found}


def test_maps_are_averaged_over_their_places(find):
    index = make_data()
    index.cells["kind"][7] = "c"
    vectors = separable(index, wrong=["i07.png"])
    random = np.random.default_rng(0)
    maps = np.repeat(vectors[:, None, None], 4, axis=1).repeat(4, axis=2)
    noise = random.normal(size=maps.shape)
    maps = (maps + noise - noise.mean(axis=(1, 2), keepdims=True)).astype(np.float32)
    of_maps = find(index, net=maps)
    of_vectors = find(index, net=vectors)
    assert [each.row for each in of_maps] == [each.row for each in of_vectors]


def test_several_networks_judge_together(find):
    index = make_data()
    features = separable(index, wrong=["i07.png"])
    found = find(index, one=features[:, :8], two=100 * features[:, 8:])
    assert found[0].row == 7


def test_pixels_and_random_weights_are_not_used(write_features):
    index = make_data()
    pixels = np.zeros((NUM_IMAGES, 4, 4, 3), np.uint8)
    folder = write_features(
        index.image_ids,
        random_net=separable(index),
        pixels=pixels,
        net=separable(index),
    )
    members = usable_members(read_features(folder, []))
    assert [member.name for member in members] == ["net"]


def test_an_image_without_a_label_is_no_suspect(find):
    index = make_data()
    features = separable(index)
    index.cells["kind"][4] = ""

    class Open(Task):
        """A task in which a label may be missing."""

        def split_cell(self, cell):
            return [cell] if cell else []

    index.tasks[0] = Open("kind", "multiclass", KIND.class_names)
    assert 4 not in {each.row for each in find(index, net=features)}


def test_a_class_of_one_group_is_no_suspect(find):
    index = make_data(Task("kind", "multiclass", ("a", "b", "c", "rare")))
    features = separable(index, spread=0.05)
    for row in (4, 5):
        index.cells["kind"][row] = "rare"
    groups = GROUPS.copy()
    groups[[4, 5]] = "one"
    assert {each.row for each in find(index, groups, net=features)} & {4, 5} == set()


def test_several_labels_are_judged_class_by_class(find):
    task = Task("has", "multilabel", ("cat", "dog"))
    cells = ["cat", "dog", "cat|dog", ""] * 15
    index = make_index([f"i{n:02}" for n in range(60)], {"has": cells}, [task])
    random = np.random.default_rng(0)
    features = np.hstack([task.encode(cells)] * 4) + 0.1 * random.normal(size=(60, 8))
    index.cells["has"][2] = "cat"
    index.cells["has"][3] = "dog"
    found = find(index, net=features.astype(np.float32))
    told = {each.row: (each.label, each.likely, each.cell) for each in found}
    assert told[2] == ("no dog", "dog", "cat|dog")
    assert told[3] == ("dog", "no dog", "")
    assert {each.row for each in found[:2]} == {2, 3}


def test_the_table_is_one_of_corrections_that_decides_nothing(inspect, raw):
    shutil.move(raw / "class0/03.png", raw / "class1/03.png")

    def features(index):
        vectors = separable(index, spread=0.1)
        vectors[index.paths.index("class1/03.png")] = vectors[0]
        return {"net": vectors}

    _, page, suspects = inspect(raw, features, levels=("label",))
    with open(suspects, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["path", "action", "task", "class", "reason"]
    assert (rows[0]["path"], rows[0]["task"]) == ("class1/03.png", "label")
    assert rows[0]["class"] == "class0"
    assert "labelled class1, looks like class0" in rows[0]["reason"]
    assert {row["action"] for row in rows} == {""}
    assert "data.corrections" in page
    assert "net" in page.partition("<footer>")[2]


def test_an_image_stands_in_the_table_once_a_task(inspect, raw, tmp_path):
    names = sorted(path.relative_to(raw).as_posix() for path in raw.rglob("*.png"))
    cells = [("red|big", "red", "big", "")[n % 4] for n in range(36)]
    shown = list(cells)
    cells[0] = ""
    lines = [f"{name},{cell}" for name, cell in zip(names, cells, strict=True)]
    (raw / "labels.csv").write_text("\n".join(["path,has", *lines]))

    def features(index):
        targets = index.tasks[0].encode(shown)
        noise = 0.05 * np.random.default_rng(0).normal(size=(36, 8))
        return {"net": (np.hstack([targets] * 4) + noise).astype(np.float32)}

    options = {"layout": "csv", "table": "labels.csv", "multilabel": ("has",)}
    counts, _, suspects = inspect(raw, features, **options)
    with open(suspects, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["path"] == names[0]]
    assert counts["suspects"]["has"] >= 2
    assert [row["class"] for row in rows] == ["big|red"]
    assert "no big" in rows[0]["reason"]
    assert "no red" in rows[0]["reason"]
