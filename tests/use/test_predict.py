"""Serving is training: on raw files a bundle says what training said of them."""

import csv
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import headswap
from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.dataset.labels import Labels
from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.split import write_split
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.features.cache import read_features
from headswap.artifacts.model.energy import energies
from headswap.artifacts.model.predictions import read_predictions
from headswap.bundle.stage import Inputs, write_bundle
from headswap.cli import main
from headswap.errors import InputError
from headswap.features.stage import write_features
from headswap.prepare.stage import prepare_images
from headswap.train.stage import Outputs, fit_rounds
from tests.bundles import make_bundle
from tests.made import make_split

SIZE = 40
NUM_IMAGES = 24
PARTS = ["train"] * 14 + ["validation"] * 5 + ["test"] * 5
LITE = {"name": "efficientnet_lite0", "weights": "imagenet"}
CNN = {"name": "cnn_simple", "weights": "none"}
TRAINED = {"epochs": 1, "hidden": (8,)}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Two classes by colour, in sizes of their own, one turned by its EXIF mark."""
    root = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    for number in range(NUM_IMAGES):
        name = ("cool", "warm")[number % 2]
        pixels = random.integers(0, 120, (50 + number, 70 - number, 3), np.uint8)
        pixels[..., 2 * (1 - number % 2)] += 130
        image = Image.fromarray(pixels)
        exif = image.getexif()
        exif[0x0112] = 6 if number == 3 else 1
        (root / name).mkdir(exist_ok=True)
        image.save(root / name / f"{number:02}.jpg", quality=95, exif=exif)
    table = ["path,tags"]
    for file in sorted(root.rglob("*.jpg")):
        number = int(file.stem)
        tags = [tag for tag, every in (("big", 2), ("odd", 3)) if number % every == 0]
        table.append(f"{file.relative_to(root)},{'|'.join(tags)}")
    (root / "tags.csv").write_text("\n".join(table) + "\n")
    return root


@pytest.fixture(scope="module", autouse=True)
def one_process():
    """The number of threads is for a process to choose once, at its start.

    And every task has a temperature, and a limit that half of the images exceed.
    """
    with pytest.MonkeyPatch.context() as patch:
        name = "headswap.train.descent.rounds.set_up_backend"
        patch.setattr(name, lambda **options: None)
        # One that changes every probability, whatever the images say.
        name = "headswap.train.deciding.choose_temperature"
        patch.setattr(name, lambda unseen: 1.7)
        patch.setattr("headswap.train.deciding.choose_limit", middle_energy)
        yield


def middle_energy(unseen):
    """Between two energies, so that rounding moves no image across."""
    found = np.sort(energies(unseen.probabilities, unseen.kind))
    return float(found[len(found) // 2 - 1 : len(found) // 2 + 1].mean())


@pytest.fixture(scope="module")
def make(photos, section, inputs_of_prepare, tmp_path_factory):
    """make(**settings): (bundle, what is expected of it) of a whole run.

    That is probabilities, and whether it is unlike, by task and path; and the paths of
    training pictures.
    """

    def run(backbone, train=None, features=None, prepare=None, data=None):
        folder = tmp_path_factory.mktemp("run")
        prepare = section("prepare", **{"image_size": SIZE, **(prepare or {})})
        data = {"root": str(photos), "levels": ("label",), **(data or {})}
        options = section("features", **{"batch_size": 4, **(features or {})})
        network = section("backbone", **{"epochs": 1, **backbone})
        prepare_images(
            inputs_of_prepare, section("data", **data), prepare, folder / "prepared"
        )
        index = read_index(folder / "prepared")
        images = [folder / "prepared" / "images"]
        names = [(image_id, 0) for image_id in index.image_ids]
        cached = folder / "features"
        write_features(images, names, "a", network, options, "tensorflow", cached)
        order = np.argsort(np.argsort(index.image_ids))
        split = make_split([np.array(PARTS)[order]])
        write_split(folder / "split", index.image_ids, split)
        fit_rounds(
            read_features(cached, images),
            index,
            split,
            section("train", **{"batch_size": 4, **(train or {})}),
            network,
            Outputs(*(folder / name for name in ("model", "predictions", "a", "b"))),
            "tensorflow",
        )
        (folder / "inputs.json").write_text('{"libraries": {"keras": "3"}}')
        (folder / "intervals.json").write_text("{}")
        bundle = folder / "bundle"
        read = Inputs(
            folder / "inputs.json",
            folder / "prepared",
            folder / "split",
            cached,
            folder / "model",
            folder / "predictions",
            folder / "intervals.json",
        )
        sample = section("bundle", sample=3)
        write_bundle(read, prepare, options, "tensorflow", sample, bundle)
        predictions = read_predictions(folder / "predictions", index.tasks)
        expected = {
            (task.name, path): (found.probabilities[0, row], found.unlike[0, row])
            for task in index.tasks
            for found in [predictions[task.name]]
            for row, path in enumerate(index.paths)
        }
        trained = set(np.array(index.paths)[split.parts[0] == "train"])
        return bundle, expected, trained

    return run


CASES = {
    "solved heads": {"backbone": LITE},
    "padded, mirrored too, in 16 bits": {
        "backbone": LITE,
        "prepare": {"resize": "pad"},
        "features": {"views": ("plain", "flip"), "precision": "float16"},
    },
    "two networks": {
        "backbone": {**LITE, "name": (LITE["name"], f"{LITE['name']}@32")}
    },
    "scores of two networks": {
        "backbone": {**LITE, "name": (LITE["name"], f"{LITE['name']}@32")},
        "train": {"merge": "scores"},
    },
    "trained heads": {"backbone": LITE, "train": TRAINED},
    "layers above the cut": {
        "backbone": {**LITE, "unfreeze": "last_block"},
        "features": {"views": ("plain", "flip")},
    },
    "a network from scratch": {"backbone": CNN, "train": TRAINED},
    "several labels": {
        "backbone": LITE,
        "data": {
            "layout": "csv",
            "table": "tags.csv",
            "multilabel": ("tags",),
            "levels": (),
        },
    },
    "cascade": {"backbone": LITE, "train": {"strategy": "cascade"}},
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_raw_files_get_the_probabilities_of_training(case, make, photos):
    bundle, expected, trained_on = make(**CASES[case])
    paths = sorted({path for _, path in expected})
    assert len(paths) == NUM_IMAGES
    predictor = headswap.load(bundle)
    found = list(predictor.predict(photos / path for path in paths))
    for task in predictor.tasks:
        served = np.array([each.probabilities[task.name] for each in found])
        trained = np.array([expected[task.name, path][0] for path in paths])
        # Or equality would say nothing.
        assert trained.std(axis=0).max() > 1e-4
        np.testing.assert_allclose(served, trained, atol=1e-6)
        unlike = [expected[task.name, path][1] for path in paths]
        assert {*unlike} == {False, True}
        assert [each.unlike[task.name] for each in found] == unlike
    nearest = dict(zip(paths, [each.nearest for each in found], strict=True))
    if case == "a network from scratch":
        assert {*nearest.values()} == {None}
    else:
        assert {*nearest.values()} == trained_on
        assert all(nearest[path] == path for path in trained_on)


@pytest.fixture(scope="module")
def bundle(make):
    return make(LITE)[0]


def read_rows(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.slow
def test_folders_files_and_lists_become_rows(bundle, photos, tmp_path, monkeypatch):
    out = tmp_path / "out.csv"
    names = [str(photos / "cool" / "00.jpg"), "-"]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{photos / 'warm' / '01.jpg'}\n"))
    main(["predict", *names, "--model", str(bundle), "--out", str(out)])
    rows = read_rows(out.read_text())
    assert [(row["rank"], row["class"], row["chosen"]) for row in rows] == [
        ("1", "cool", "yes"),
        ("2", "warm", "no"),
        ("1", "warm", "yes"),
        ("2", "cool", "no"),
    ]
    main(["predict", str(photos), "--model", str(bundle), "--out", str(out)])
    rows = read_rows(out.read_text())
    paths = dict.fromkeys(row["path"] for row in rows)
    # The files of a folder, then those of the folders in it.
    assert list(paths)[:2] == [str(photos / "tags.csv"), names[0]]
    assert len(paths) == NUM_IMAGES + 1
    (problem,) = (row for row in rows if row["problem"])
    assert problem["path"] == str(photos / "tags.csv")
    assert problem["class"] == problem["unlike"] == problem["nearest"] == ""
    assert {row["unlike"] for row in rows} == {"", "no", "yes"}


def test_a_bundle_that_knows_no_limit_and_no_picture_says_so(tmp_path, capsys):
    bundle = make_bundle(tmp_path / "bundle")
    Image.new("RGB", (30, 20), "red").save(tmp_path / "red.png")
    main(["predict", str(tmp_path / "red.png"), "--model", str(bundle)])
    rows = read_rows(capsys.readouterr().out)
    assert len(rows) == 4
    assert {row["unlike"] + row["nearest"] for row in rows} == {""}


@pytest.mark.slow
def test_lines_of_json_say_the_same(bundle, photos, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    os.mkfifo(tmp_path / "pipe.jpg")
    out = tmp_path / "out.jsonl"
    names = [tmp_path / "broken.jpg", tmp_path / "pipe.jpg", photos / "cool/00.jpg"]
    paths = list(map(str, names))
    main(["predict", *paths, "--model", str(bundle), "--out", str(out), "--top", "1"])
    broken, pipe, whole = map(json.loads, out.read_text().splitlines())
    assert pipe["problem"] == "it is no ordinary file"
    assert broken.keys() == {"path", "problem"}
    assert whole["tasks"]["label"]["unlike"] in (False, True)
    assert whole["nearest"].endswith(".jpg")
    assert whole["tasks"]["label"]["classes"] == ["cool"]
    assert len(whole["tasks"]["label"]["top"]) == 1


@pytest.mark.slow
def test_arrays_are_pictures_too(bundle, photos):
    path = photos / "cool" / "00.jpg"
    pixels = np.array(Image.open(path))
    predictor = headswap.load(bundle)
    by_path, by_pixels = predictor.predict([path, pixels])
    assert by_pixels.source == "1"
    np.testing.assert_allclose(
        by_pixels.probabilities["label"], by_path.probabilities["label"], atol=1e-6
    )
    with pytest.raises(
        InputError, match=r"must be \(H, W, 3\) uint8.*\(4, 4\) float64"
    ):
        list(predictor.predict([np.zeros((4, 4))]))


@pytest.mark.slow
def test_blocks_change_nothing(bundle, photos, monkeypatch):
    paths = sorted(photos.rglob("*.jpg"))[:7]
    whole = list(headswap.load(bundle).predict(paths))
    monkeypatch.setattr("headswap.use.predict.predictor._BLOCK", 3)
    parts = list(headswap.load(bundle).predict(iter(paths)))
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(
            one.probabilities["label"], other.probabilities["label"], rtol=1e-9
        )


@pytest.mark.slow
def test_a_second_use_starts_no_keras(bundle, photos, repository):
    path = str(photos / "cool" / "00.jpg")
    list(headswap.load(bundle).predict([path]))
    script = (
        "import sys, headswap\n"
        f"print(*next(headswap.load({str(bundle)!r}).predict([{path!r}])).classes.items())\n"
        "assert not {'keras', 'tensorflow', 'matplotlib', 'sklearn'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(repository / "src")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "('label', ['cool'])" in done.stdout


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes(make):
    first, second = make(LITE)[0], make(LITE)[0]
    files = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert len(files) == 13
    for name in files:
        assert (first / name).read_bytes() == (second / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "there"], "got 'nowhere', 'there'"),
        ([".", "--top", "0"], "--top: it must be 1 or more, got 0"),
        ([".", "--out", "a.txt"], "must end in .csv or .jsonl, got 'a.txt'"),
        ([".", "--model", "none"], "none: a bundle must have a whole bundle.json"),
    ],
)
def test_bad_arguments_end_with_a_sentence(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as raised:
        main(["predict", *arguments])
    assert message in str(raised.value)


@pytest.mark.slow
def test_an_empty_folder_and_an_unwritable_file_are_told(bundle, tmp_path):
    (tmp_path / "empty").mkdir()
    model = ["--model", str(bundle)]
    with pytest.raises(SystemExit, match=r"which has no file"):
        main(["predict", str(tmp_path / "empty"), *model])
    out = str(tmp_path / "missing" / "out.csv")
    with pytest.raises(SystemExit, match=r"must be a file with room to write"):
        main(["predict", str(tmp_path), *model, "--out", out])


def test_classes_of_all_levels_are_chosen_together_where_training_said_so(tmp_path):
    kinds = Task("kind", "multiclass", ("gate", "tower"))
    places = Task("place", "multiclass", ("arch", "door", "spire"))
    parents = {"arch": "gate", "door": "gate", "spire": "tower"}
    labels = Labels([kinds, places], [Relation("place", "kind", parents)])
    training = {
        "temperatures": {"kind": 1.3, "place": 0.7},
        "thresholds": {},
        "decode": "consistent",
    }
    bundle = make_bundle(tmp_path, labels=labels, training=training)
    colours = np.random.default_rng(0).integers(0, 256, (100, 1, 1, 3), np.uint8)
    pictures = np.tile(colours, (1, SIZE, SIZE, 1))
    num_torn = 0
    for each in headswap.load(bundle).predict(pictures):
        kind, place = (each.probabilities[name] for name in ("kind", "place"))
        of_place = [kinds.class_names.index(parents[p]) for p in places.class_names]
        best = int(np.argmax(kind[of_place] * place))
        name = places.class_names[best]
        assert each.classes == {"kind": [parents[name]], "place": [name]}
        num_torn += of_place[int(place.argmax())] != kind.argmax()
    assert num_torn > 0
