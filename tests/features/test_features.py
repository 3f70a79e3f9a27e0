"""Features are computed once, reused, and never cached in a precision they overflow."""

import json
import re

import keras
import numpy as np
import pytest

from headswap.artifacts.features.above import build_above
from headswap.artifacts.features.cache import read_features
from headswap.artifacts.storage.tables import read_table
from headswap.engines import openvino as engine
from headswap.errors import InputError
from headswap.features import network as network_module
from headswap.features import parts, stage
from headswap.features.network import build_network
from headswap.features.parts import CutNetwork
from headswap.features.stage import write_features
from headswap.machine import speeds
from headswap.machine.fingerprint import hash_file
from headswap.machine.processor import has_bfloat16
from headswap.machine.store import open_store
from tests.made import load_rows, save_rows
from tests.networks import build_short_mobilenet

pytestmark = pytest.mark.slow

SIZE = 32
# The pretrained one that is at hand.
LITE = {"name": "efficientnet_lite0", "weights": "imagenet"}


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "store"))


@pytest.fixture(autouse=True)
def short_mobilenet(monkeypatch):
    monkeypatch.setattr(keras.applications, "MobileNetV2", build_short_mobilenet)


@pytest.fixture
def image_files(tmp_path):
    """Five prepared and two augmented pictures."""
    random = np.random.default_rng(0)
    paths = [tmp_path / "prepared", tmp_path / "augmented"]
    for path, count in zip(paths, (5, 2), strict=True):
        save_rows(path, random.integers(0, 256, (count, SIZE, SIZE, 3), np.uint8))
    return paths


@pytest.fixture
def compute(tmp_path, section, image_files):
    """compute(name, **backbone): a features folder of the pictures."""
    names = [(f"image{i}", 0) for i in range(5)] + [("image0", 1), ("image0", 2)]

    def make(
        output="features",
        *,
        origin="origin",
        options=None,
        require_unchanged=lambda: None,
        **backbone,
    ):
        backbone = {"name": "mobilenet_v2", "weights": "none", **backbone}
        write_features(
            image_files,
            names,
            origin,
            section("backbone", **backbone),
            section("features", **{"batch_size": 3, **(options or {})}),
            "tensorflow",
            tmp_path / output,
            require_unchanged,
        )
        return tmp_path / output

    return make


def test_frozen_features_are_the_pooled_output_of_every_row(
    compute, image_files, section
):
    folder = compute()
    cache = read_features(folder, image_files)
    images = np.concatenate([load_rows(path) for path in image_files])
    backbone = section("backbone", name="mobilenet_v2", weights="none")
    network = build_network(backbone.networks[0], backbone, SIZE)
    expected = network.predict(images, verbose=0)
    cached = cache.members[0]
    assert cache.are_vectors
    assert not cached.has_above
    assert cached.rows.dtype == np.float32
    np.testing.assert_allclose(
        cached.rows[np.arange(7)], expected, rtol=1e-4, atol=1e-5
    )
    assert cache.copies.tolist() == [0, 0, 0, 0, 0, 1, 2]
    assert cache.image_ids.tolist() == [f"image{i}" for i in [0, 1, 2, 3, 4, 0, 0]]
    assert read_table(folder / "rows.csv")["view"] == ["plain"] * 7


@pytest.mark.parametrize("unfreeze", [0, "last_block", "all"])
@pytest.mark.parametrize("image_size", [None, 40])
def test_prepared_pictures_follow_in_each_further_view(
    compute, image_files, unfreeze, image_size
):
    options = {"unfreeze": unfreeze, "image_size": image_size}
    both = {"views": ("flip", "plain")}
    folder = compute(options=both, **options)
    cache = read_features(folder, image_files)
    assert cache.image_ids[7:].tolist() == [f"image{i}" for i in range(5)]
    assert cache.copies.tolist() == [0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0]
    views = read_table(folder / "rows.csv")["view"]
    assert views == ["plain"] * 7 + ["flip"] * 5
    plain = read_features(compute("plain", **options), image_files)
    rows = cache.members[0].rows
    np.testing.assert_array_equal(
        rows[np.arange(7)], plain.members[0].rows[np.arange(7)]
    )
    save_rows(image_files[0], load_rows(image_files[0])[:, :, ::-1])
    mirrored = read_features(compute("mirrored", **options), image_files)
    assert not np.array_equal(rows[np.arange(5)], rows[np.arange(7, 12)])
    np.testing.assert_array_equal(
        rows[np.arange(7, 12)], mirrored.members[0].rows[np.arange(5)]
    )


def test_one_network_at_two_sizes_is_two_members(compute, image_files, section):
    folder = compute(name=("mobilenet_v2@40", "mobilenet_v2"), image_size=48)
    members = read_features(folder, image_files).members
    assert [m.name for m in members] == ["mobilenet_v2-at-40", "mobilenet_v2"]
    assert members[0].input_name == "mobilenet_v2-at-40-feature"
    first, second = (m.rows[np.arange(7)] for m in members)
    assert not np.array_equal(first, second)
    again = read_features(compute("again", image_size=40), image_files)
    np.testing.assert_array_equal(again.members[0].rows[np.arange(7)], first)


def test_the_batch_size_changes_no_feature(compute):
    one = compute("one", options={"batch_size": 2})
    other = compute("other", options={"batch_size": 7})
    file = "mobilenet_v2/features"
    features = load_rows(one / file)
    assert (features.std(axis=0) > 0.05 * features.mean(axis=0)).any()
    np.testing.assert_array_equal(features, load_rows(other / file))


def test_a_cut_network_keeps_the_part_above_for_training(compute, image_files):
    folder = compute(unfreeze=3)
    facts = json.loads((folder / "mobilenet_v2" / "member.json").read_text())
    cached = read_features(folder, image_files).members[0]
    above = build_above(cached, "above")
    assert facts["cut_after"] == "block_2_project_BN"
    assert facts["parameters_above"] == above.count_params()
    trained = sum(int(np.prod(weight.shape)) for weight in above.trainable_weights)
    assert facts["parameters_trained"] == trained > 0
    assert above.name == "above"
    whole = load_rows(compute("whole") / "mobilenet_v2" / "features")
    found = above.predict(cached.rows[np.arange(7)], verbose=0)
    np.testing.assert_allclose(found, whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("unfreeze", [0, 3])
def test_the_network_below_the_cut_makes_features_of_pictures(
    compute, image_files, unfreeze
):
    folder = compute(unfreeze=unfreeze) / "mobilenet_v2"
    below = keras.models.model_from_json((folder / "below.json").read_text())
    below.load_weights(folder / "below.weights.h5")
    images = np.concatenate([load_rows(path) for path in image_files])
    np.testing.assert_allclose(
        below.predict(images, verbose=0),
        load_rows(folder / "features"),
        rtol=1e-4,
        atol=1e-5,
    )


def test_layers_with_weights_above_the_cut_train_only_if_they_are_among_the_last(
    compute, image_files
):
    # Thirteen layers back lies inside a block with a shortcut, cut below it.
    folder = compute(unfreeze=13)
    facts = json.loads((folder / "mobilenet_v2" / "member.json").read_text())
    above = build_above(read_features(folder, image_files).members[0], "above")
    layers = [layer for layer in above.layers if layer.weights]
    trained = [layer.name for layer in layers if layer.trainable_weights]
    frozen = [layer.name for layer in layers if not layer.trainable_weights]
    parts = ("expand", "depthwise", "project")
    block_1, block_2 = (
        [f"block_{number}_{part}{norm}" for part in parts for norm in ("", "_BN")]
        for number in (1, 2)
    )
    assert facts["cut_after"] == "stem_relu"
    assert frozen == block_1[:-1]
    assert trained == [block_1[-1], *block_2, "Conv_1", "Conv_1_BN"]


def test_a_cut_at_the_input_stores_no_second_copy_of_the_images(compute, image_files):
    folder = compute(unfreeze="all")
    assert not (folder / "mobilenet_v2" / "features").exists()
    cached = read_features(folder, image_files).members[0]
    assert cached.has_above
    assert cached.rows.dtype == np.uint8
    images = np.concatenate([load_rows(path) for path in image_files])
    np.testing.assert_array_equal(cached.rows[np.arange(7)], images)


def test_a_network_from_scratch_is_cut_at_the_input(compute, image_files):
    folder = compute(name="cnn_simple", weights="imagenet", unfreeze=0)
    cached = read_features(folder, image_files).members[0]
    assert cached.has_above
    assert cached.has_random_weights
    assert not (folder / "cnn_simple" / "features").exists()


def test_another_size_is_resized_to_before_the_network(compute, image_files):
    folder = compute(unfreeze="all", image_size=40)
    rows = read_features(folder, image_files).members[0].rows
    assert rows.row_shape == (40, 40, 3)
    assert rows.dtype == np.uint8


@pytest.fixture
def record(monkeypatch):
    """record(): two lists that fill with networks built and pictures computed."""
    built, computed = [], []
    build, run = network_module.build_network, CutNetwork.run

    def build_and_note(network, *arguments):
        built.append(network.key)
        return build(network, *arguments)

    def run_and_note(self, pictures):
        for feature in run(self, pictures):
            computed.append(self.facts["backbone"])
            yield feature

    monkeypatch.setattr(network_module, "build_network", build_and_note)
    monkeypatch.setattr(CutNetwork, "run", run_and_note)
    return built, computed


def files_of(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("unfreeze", [0, 3])
def test_features_made_again_are_the_same_bytes_without_the_network(
    compute, record, unfreeze
):
    built, computed = record
    first = compute("first", unfreeze=unfreeze)
    assert (built, computed) == (["mobilenet_v2"], ["mobilenet_v2"] * 7)
    again = compute("again", unfreeze=unfreeze)
    assert (len(built), len(computed)) == (1, 7)
    assert files_of(first) == files_of(again)


def test_an_ensemble_takes_rows_that_one_of_its_members_made_alone(
    compute, image_files, record
):
    compute("alone", name="mobilenet_v2")
    built, computed = record
    built.clear(), computed.clear()
    folder = compute("both", name=("mobilenet_v2", "mobilenet_v2@40"))
    other = "mobilenet_v2-at-40"
    assert (built, computed) == ([other], [other] * 7)
    members = read_features(folder, image_files).members
    assert [member.name for member in members] == ["mobilenet_v2", other]


def test_one_changed_picture_is_one_computed_without_building_the_network(
    compute, image_files, record
):
    file = "mobilenet_v2/features"
    first = load_rows(compute("first") / file)
    images = load_rows(image_files[0])
    images[3] = 255 - images[3]
    save_rows(image_files[0], images)
    built, computed = record
    built.clear(), computed.clear()
    changed = load_rows(compute("changed") / file)
    assert (built, len(computed)) == ([], 1)
    same = (first == changed).all(axis=1)
    assert same.tolist() == [True] * 3 + [False] + [True] * 3


def test_equal_pictures_are_computed_once(compute, image_files, record):
    images = load_rows(image_files[0])
    images[3:] = images[0]
    save_rows(image_files[0], images)
    features = load_rows(compute() / "mobilenet_v2" / "features")
    assert len(record[1]) == 5
    np.testing.assert_array_equal(features[[3, 4]], features[[0, 0]])


def test_a_further_view_computes_only_its_own_rows(compute, record):
    compute("plain")
    record[1].clear()
    compute("both", options={"views": ("plain", "flip")})
    assert len(record[1]) == 5


def test_an_interrupted_computation_goes_on_where_it_stopped(
    compute, record, monkeypatch
):
    run, done = CutNetwork.run, []

    def stop_after_four(self, pictures):
        for feature in run(self, pictures):
            if len(done) == 4:
                raise KeyboardInterrupt
            done.append(feature)
            yield feature

    with monkeypatch.context() as patch:
        patch.setattr(CutNetwork, "run", stop_after_four)
        with pytest.raises(KeyboardInterrupt):
            compute("stopped")
    record[1].clear()
    resumed = compute("resumed")
    assert len(record[1]) == 7 - 4
    with open_store() as store:
        folder = store.folder
    (folder / "index.sqlite").unlink()
    assert files_of(compute("whole")) == files_of(resumed)


def test_how_fast_a_network_is_is_known_once_it_has_run(compute, section, monkeypatch):
    """For the forecast of a sweep."""
    monkeypatch.setattr(speeds, "FEWEST_ROWS", 1)
    made = json.loads((compute() / "mobilenet_v2" / "member.json").read_text())
    what = speeds.speed_of_network(
        "mobilenet_v2",
        made["image_size"],
        section("backbone").unfreeze,
        made["engine"],
        section("features").precision,
    )
    with open_store() as store:
        assert speeds.find_speed(store, what) > 0


@pytest.mark.survives("faults")
def test_a_damaged_row_is_computed_anew(compute, record):
    first = compute("first")
    with open_store() as store:
        shards = list((store.folder / "shards").iterdir())
    row = load_rows(first / "mobilenet_v2" / "features")[2].tobytes()
    (shard,) = (file for file in shards if row in file.read_bytes())
    content = bytearray(shard.read_bytes())
    content[content.index(row) + 5] ^= 255
    shard.write_bytes(content)
    record[1].clear()
    assert files_of(compute("again")) == files_of(first)
    assert len(record[1]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"weights": "imagenet"},
        {"image_size": 40},
        {"pooling": "max"},
        {"unfreeze": 3},
        {"options": {"precision": "float16"}},
        {"options": {"engine": "keras"}},
        {"origin": "other libraries"},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.survives("faults")
def test_features_made_in_another_way_are_not_reused(compute, record, change):
    # A network from scratch is cut at the input, so there is hardly anything to do.
    built, _ = record
    compute("first", name="cnn_simple")
    compute("again", name="cnn_simple")
    assert len(built) == 1
    compute("other", name="cnn_simple", **change)
    assert len(built) == 2


def test_features_made_by_other_code_are_not_reused(compute, record, monkeypatch):
    compute("first", name="cnn_simple")
    monkeypatch.setattr(stage, "hash_code", lambda modules: "edited")
    compute("other", name="cnn_simple")
    assert len(record[0]) == 2


def test_engines_give_the_same_features_and_say_what_ran(compute):
    folders = {
        name: compute(name, options={"engine": name}, **LITE) / "efficientnet_lite0"
        for name in ("keras", "openvino")
    }
    for name, folder in folders.items():
        facts = json.loads((folder / "member.json").read_text())
        assert facts["engine"] == name
        assert facts["device"].startswith("CPU ")
    one, other = (load_rows(folder / "features") for folder in folders.values())
    assert np.abs(one - other).max() <= 1e-5 * np.abs(one).max()


def test_no_engine_runs_where_the_cut_is_at_the_input(compute):
    folder = compute(unfreeze="all") / "mobilenet_v2"
    facts = json.loads((folder / "member.json").read_text())
    assert (facts["engine"], facts["device"]) == (None, None)


@pytest.mark.survives("faults")
def test_features_of_another_device_are_not_reused(compute, monkeypatch, record):
    compute("first", name="cnn_simple")
    monkeypatch.setattr(engine, "find_device", lambda backend: "CPU other")
    compute("other", name="cnn_simple")
    assert len(record[0]) == 2


def test_an_idle_gpu_is_pointed_at(compute, monkeypatch, capsys):
    monkeypatch.setattr(parts, "find_gpu", lambda: "Model T")
    compute("first")
    assert (
        "there is a GPU (Model T). Set features.engine=keras" in capsys.readouterr()[0]
    )
    monkeypatch.setattr("headswap.engines.keras.find_gpu", lambda: "Model T")
    compute("second", options={"engine": "keras"})
    assert "Set features.engine" not in capsys.readouterr()[0]


def test_an_engine_that_cannot_run_is_replaced_by_no_other(compute):
    with pytest.raises(InputError, match=r"features\.precision must be float32 or fl"):
        compute(options={"engine": "keras", "precision": "bfloat16"})


@pytest.mark.skipif(not has_bfloat16(), reason="this processor has no bfloat16")
def test_bfloat16_says_how_far_off_it_is_and_is_cached_in_float32(compute, capsys):
    folder = compute(options={"precision": "bfloat16"}, **LITE)
    said = re.search(
        r"bfloat16 moves .* first 3 .* up to (.*)% of", capsys.readouterr()[0]
    )
    exact = load_rows(compute("exact", **LITE) / "efficientnet_lite0" / "features")
    rounded = load_rows(folder / "efficientnet_lite0" / "features")
    assert rounded.dtype == np.float32
    expected = np.abs(rounded - exact)[:3].max() / exact[:3].max()
    assert float(said[1]) == pytest.approx(100 * expected, abs=0.1)


def test_half_precision_halves_the_cache_and_reads_back_close(compute, image_files):
    full = load_rows(compute("full") / "mobilenet_v2" / "features")
    folder = compute("half", options={"precision": "float16"})
    half = load_rows(folder / "mobilenet_v2" / "features")
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, full, rtol=1e-3, atol=1e-3)


@pytest.mark.survives("faults")
def test_values_too_large_for_half_precision_are_an_error(compute, monkeypatch):
    def load(*arguments):
        return lambda pictures: (np.full(24, 7e4) for _ in pictures)

    monkeypatch.setattr(engine, "load", load)
    with pytest.raises(InputError, match=r"cannot hold 70000"):
        compute(options={"precision": "float16"})


def test_features_of_weights_that_were_replaced_meanwhile_are_not_kept(
    compute, tmp_path, section
):
    """They would lie under the name of the earlier weights."""
    weights, inputs = tmp_path / "own.weights.h5", tmp_path / "features.json"
    options = {"name": "cnn_simple", "weights": str(weights)}
    backbone = section("backbone", **options)
    network = build_network(
        backbone.networks[0], section("backbone", name="cnn_simple"), SIZE
    )
    network.save_weights(weights)
    inputs.write_text(json.dumps({"files": {"backbone.weights": hash_file(weights)}}))

    def check():
        stage._require_unchanged(inputs, backbone)

    network.set_weights([weight * 2 for weight in network.get_weights()])
    network.save_weights(weights)
    with pytest.raises(InputError, match=r"got another backbone\.weights\. Run the wh"):
        compute(require_unchanged=check, **options)
    with open_store() as store:
        assert store.usage() == []
    inputs.write_text(json.dumps({"files": {"backbone.weights": hash_file(weights)}}))
    compute(require_unchanged=check, **options)
    with open_store() as store:
        assert [(used.kind, used.rows) for used in store.usage()] == [("networks", 3)]


def test_random_weights_are_the_same_every_time(section):
    backbone = section("backbone", name="mobilenet_v2", weights="none")
    one = build_network(backbone.networks[0], backbone, SIZE).get_weights()
    keras.utils.set_random_seed(99)
    other = build_network(backbone.networks[0], backbone, SIZE).get_weights()
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("name", "unfreeze"),
    [("vgg16", "all"), ("mobilenet_v3_large", 5), ("efficientnet_b0", "all")],
)
def test_the_part_above_follows_the_precision_of_keras(
    compute, image_files, name, unfreeze
):
    folder = compute(name=name, unfreeze=unfreeze)
    cached = read_features(folder, image_files).members[0]
    for precision in ["float32", "mixed_bfloat16", "mixed_float16"]:
        keras.config.set_dtype_policy(precision)
        try:
            above = build_above(cached, "above")
            vector = np.asarray(above(cached.rows[np.arange(2)])).astype(np.float32)
        finally:
            keras.config.set_dtype_policy("float32")
        convolution = next(
            layer for layer in above.layers if isinstance(layer, keras.layers.Conv2D)
        )
        assert convolution.dtype_policy.name == precision
        assert vector.shape[0] == 2
        assert np.isfinite(vector).all()
