"""A `.keras` file of the user's own works like a built-in backbone."""

import json

import keras
import numpy as np
import pytest

from headswap.artifacts.features.above import build_above
from headswap.artifacts.features.cache import read_features
from headswap.errors import InputError
from headswap.features import network
from headswap.features.cut import choose_place, places
from headswap.features.network import build_network
from headswap.features.stage import write_features

SIZE = 12


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "store"))


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)
    yield
    keras.utils.clear_session()


@pytest.fixture
def save(tmp_path):
    """save(model): its path, as params.yaml would name it."""

    def write(model):
        model.save(tmp_path / "own.keras")
        return str(tmp_path / "own.keras")

    return write


@pytest.fixture
def build(section):
    """build(name, **backbone): the whole network for pictures of SIZE pixels."""

    def make(name, **changes):
        backbone = section("backbone", name=name, pooling="average", **changes)
        return build_network(backbone.networks[0], backbone, SIZE)

    return make


def block(tensor, name):
    inner = keras.layers.Conv2D(4, 3, padding="same", name=f"{name}-conv")(tensor)
    inner = keras.layers.BatchNormalization(name=f"{name}-norm")(inner)
    return keras.layers.ReLU()(keras.layers.Add()([tensor, inner]))


def make_network(size=None, dtype="float32"):
    """Preprocessing, and a network in it that begins with the same names."""
    inputs = keras.Input((None, None, 4))
    inner = keras.Model(inputs, block(block(inputs, "one"), "two"), name="inner")
    inner.trainable = False
    pixels = keras.Input((size, size, 3), dtype=dtype)
    tensor = keras.layers.Rescaling(1 / 127.5, -1)(pixels)
    normalize = keras.layers.Normalization()
    normalize.adapt(np.random.default_rng(1).normal(size=(50, 3)))
    tensor = keras.layers.Conv2D(4, 1, name="one-conv")(normalize(tensor))
    return keras.Model(pixels, inner(tensor, training=False))


def draw_pixels(size=SIZE, count=3):
    shape = (count, size, size, 3)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_features_are_those_of_the_saved_model(save, build, dtype):
    model = make_network(dtype=dtype)
    built = build(save(model))
    assert built.name == "own-keras"
    pixels = draw_pixels()
    expected = np.asarray(model(pixels)).mean(axis=(1, 2))
    np.testing.assert_allclose(np.asarray(built(pixels)), expected, atol=1e-5)


def test_a_model_inside_the_model_can_be_cut_and_trained(save, build):
    built = build(save(make_network()))
    names = [operation.name for operation in built.operations]
    assert "one-conv-2" in names
    assert "inner" not in names
    place, frozen = choose_place(built, "last_block")
    assert (place in places(built), frozen) == (True, [])
    above = names[names.index(place) + 1 : -1]
    assert above == [
        names[names.index(place) + 1],
        "two-conv",
        "two-norm",
        *names[-3:-1],
    ]
    assert len(built.get_layer("two-conv").trainable_weights) == 2


def test_too_few_blocks_are_an_error(save, build):
    pixels = keras.Input((None, None, 3))
    built = build(save(keras.Model(pixels, keras.layers.Conv2D(2, 3)(pixels))))
    with pytest.raises(InputError, match=r"has too few additions, .* got last_two"):
        choose_place(built, "last_two")


def test_a_sequence_that_ends_in_a_vector_works(save, build):
    model = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            keras.layers.Conv2D(4, 3),
            keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(5)]),
        ]
    )
    built = build(save(model))
    pixels = draw_pixels()
    np.testing.assert_allclose(
        np.asarray(built(pixels)), np.asarray(model(pixels)), rtol=1e-4
    )
    place, frozen = choose_place(built, 1)
    assert place == built.operations[-3].name
    assert frozen == []


@pytest.mark.parametrize(
    ("fixed", "asked", "found"), [(None, None, SIZE), (None, 10, 10), (8, None, 8)]
)
def test_the_size_is_that_of_the_file_or_the_one_asked_for(
    save, build, fixed, asked, found
):
    built = build(save(make_network(fixed)), image_size=asked)
    assert built.input_shape == (None, found, found, 3)


@pytest.mark.parametrize(
    ("fixed", "name", "expected"),
    [
        (8, "@10", "backbone.image_size must be 8 or null for .*, got 10. Set it so"),
        (16, "", "prepare.image_size must be at least 16 for .*, got 12. Raise it"),
    ],
)
def test_a_size_that_the_file_does_not_take_is_an_error(
    save, build, fixed, name, expected
):
    path = save(make_network(fixed))
    with pytest.raises(InputError, match=expected):
        build(path + name)


def test_a_picture_too_small_for_the_file_is_an_error(save, build):
    pixels = keras.Input((None, None, 3))
    path = save(keras.Model(pixels, keras.layers.Conv2D(2, SIZE + 1)(pixels)))
    with pytest.raises(InputError, match=r"own\.keras must take pictures of 12 pixels"):
        build(path)


def test_a_missing_file_is_an_error(build):
    with pytest.raises(InputError, match=r"got no/own\.keras, which is no file"):
        build("no/own.keras")


def test_a_file_that_is_no_model_is_an_error(build, tmp_path):
    (tmp_path / "own.keras").write_text("nothing of the kind")
    with pytest.raises(InputError, match=r"own\.keras must be a model that Keras load"):
        build(str(tmp_path / "own.keras"))


@pytest.mark.survives("doors")
def test_code_in_the_file_is_not_run(save, build):
    pixels = keras.Input((None, None, 3))
    path = save(keras.Model(pixels, keras.layers.Lambda(lambda x: x * 2)(pixels)))
    with pytest.raises(
        InputError, match=r"in safe mode, .* without Lambda, got: .*`Lambda`"
    ):
        build(path)


class Own(keras.layers.Layer):
    def call(self, inputs):
        return inputs


@pytest.mark.survives("doors")
def test_a_class_that_keras_does_not_know_is_an_error(save, build):
    pixels = keras.Input((None, None, 3))
    path = save(keras.Model(pixels, Own()(pixels)))
    with pytest.raises(InputError, match=r"safe mode, .* got: .*'Own'"):
        build(path)


def two_inputs():
    inputs = [keras.Input((8, 8, 3)) for _ in range(2)]
    return keras.Model(inputs, keras.layers.Add()(inputs))


def shared_layer():
    pixels = keras.Input((8, 8, 3))
    layer = keras.layers.Conv2D(3, 1, name="shared")
    return keras.Model(pixels, layer(layer(pixels)))


def model_of(shape, *layers):
    return keras.Sequential([keras.Input(shape), *layers])


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (two_inputs, r"of one input .*, got \(None, 8, 8, 3\), \(None, 8, 8, 3\)\."),
        (lambda: model_of((8, 8, 1), keras.layers.Flatten()), "got .*8, 8, 1"),
        (lambda: model_of((8, 6, 3), keras.layers.Flatten()), "got .*8, 6, 3"),
        (
            lambda: model_of((8, 8, 3), keras.layers.Reshape((64, 3))),
            r"one output, .* got \(None, 64, 3\)\. README",
        ),
        (shared_layer, "calls each layer once, got shared"),
    ],
)
def test_another_shape_is_an_error(save, build, model, expected):
    path = save(model())
    with pytest.raises(InputError, match=expected):
        build(path)


@pytest.mark.parametrize("unfreeze", [0, "last_block", "all"])
def test_the_part_above_the_cut_is_read_without_the_file(
    save, section, tmp_path, unfreeze
):
    model = make_network()
    images = tmp_path / "images.npy"
    np.save(images, draw_pixels())
    backbone = section("backbone", name=(save(model), "cnn_simple"), unfreeze=unfreeze)
    write_features(
        [images],
        [(f"image{number}", 0) for number in range(3)],
        "origin",
        backbone,
        section("features", batch_size=2),
        "tensorflow",
        tmp_path / "features",
    )
    (tmp_path / "own.keras").unlink()
    own, other = read_features(tmp_path / "features", [images]).members
    assert (own.name, other.name) == ("own-keras", "cnn_simple")
    assert (own.has_random_weights, other.has_random_weights) == (False, True)
    facts = json.loads((own.folder / "member.json").read_text())
    assert (facts["parameters_trained"] > 0) == (unfreeze != 0)
    found = own.rows[np.arange(3)]
    if own.has_above:
        found = np.asarray(build_above(own, "above")(found))
    pooled = np.maximum(np.asarray(model(draw_pixels())), 1e-6) ** 3
    expected = pooled.mean(axis=(1, 2)) ** (1 / 3)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@keras.saving.register_keras_serializable("tests")
class Unreadable(keras.layers.Layer):
    """As some of keras-hub's: there is more in its configuration than it takes."""

    def call(self, inputs):
        return inputs

    def get_config(self):
        return {**super().get_config(), "extra": 1}


def test_a_layer_that_cannot_be_made_again_is_an_error_only_above_the_cut(
    save, section, tmp_path, monkeypatch
):
    pixels = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(pixels, keras.layers.Conv2D(2, 3)(Unreadable()(pixels)))
    path = save(model_of((SIZE, SIZE, 3), keras.layers.Flatten()))
    images = tmp_path / "images.npy"
    np.save(images, draw_pixels())
    monkeypatch.setattr(network, "load_network", lambda path: model)

    def compute(unfreeze):
        write_features(
            [images],
            [(f"image{number}", 0) for number in range(3)],
            "origin",
            section("backbone", name=path, unfreeze=unfreeze),
            section("features"),
            "tensorflow",
            tmp_path / "features",
        )

    compute(0)
    model = keras.Model(pixels, keras.layers.Conv2D(2, 3)(Unreadable()(pixels)))
    with pytest.raises(InputError, match=r"all that lies above .* Unfreeze fewer"):
        compute("all")
