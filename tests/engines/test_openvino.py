"""OpenVINO computes what Keras does, on any number of cores, and tells nobody."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow

from headswap import registry
from headswap.engines import openvino as engine
from headswap.errors import InputError
from headswap.features.cut import choose_place, divide
from headswap.features.network import build_network
from headswap.machine.processor import has_bfloat16
from tests.networks import keep_nothing, weight_of_network

# Of the largest value.
TOLERANCE = 1e-5
BACKBONES = [
    pytest.param(name, marks=weight_of_network(name))
    for name in registry.names("features/backbones")
]


@pytest.fixture
def build(section):
    """build(name, size, **backbone): the whole network."""

    def make(name, size, **changes):
        keras.utils.clear_session()
        backbone = section("backbone", name=name, **changes)
        return build_network(backbone.networks[0], backbone, size)

    return make


def draw(network, count=3):
    shape = (count, *network.input_shape[1:])
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def compute(network, pictures, precision="float32"):
    run = engine.load(lambda: network, 32, precision, keep_nothing)
    return np.stack(list(run(pictures)))


def difference(network, precision="float32"):
    """How far features are from those of Keras, as a share of the largest."""
    pictures = draw(network)
    expected = np.asarray(network(pictures, training=False))
    largest = np.abs(expected).max()
    # Or equality would say nothing.
    assert expected.std() > 100 * TOLERANCE * largest
    return np.abs(compute(network, pictures, precision) - expected).max() / largest


@pytest.mark.slow
@pytest.mark.parametrize("name", BACKBONES)
def test_a_backbone_s_features_are_those_of_keras(name, build):
    size = max(48, registry.load("features/backbones", name).MINIMUM_SIZE)
    network = build(name, size, weights="none", pooling="average")
    place, _ = choose_place(network, "last_block")
    assert difference(network) <= TOLERANCE
    assert difference(divide(network, place).below) <= TOLERANCE


@pytest.mark.parametrize("pooling", ["average", "max", "power_mean"])
def test_a_trained_network_s_features_are_those_of_keras(pooling, build):
    network = build("efficientnet_lite0", 64, pooling=pooling)
    assert difference(network) <= TOLERANCE


def test_a_network_of_the_user_s_own_is_converted(build, tmp_path):
    pixels = keras.Input((None, None, 3))
    normalize = keras.layers.Normalization()
    normalize.adapt(np.random.default_rng(0).normal(100, 50, (50, 3)))
    tensor = keras.layers.Conv2D(8, 3, activation="gelu")(normalize(pixels))
    tensor = keras.layers.LayerNormalization()(tensor)
    tensor = keras.layers.Reshape((-1, 8))(tensor)
    tensor = keras.layers.MultiHeadAttention(2, 4)(tensor, tensor)
    path = tmp_path / "own.keras"
    vector = keras.layers.GlobalAveragePooling1D()(tensor)
    keras.Model(pixels, vector).save(path)
    assert difference(build(str(path), 16)) <= TOLERANCE


def test_what_is_kept_of_a_network_serves_without_it(build):
    network = build("efficientnet_lite0", 64)
    pictures = draw(network)
    kept = {}

    def keep(names, make):
        if not kept:
            kept.update(make())
        return {name: kept[name] for name in names}

    def refuse():
        raise AssertionError("built")

    first = engine.load(lambda: network, 32, "float32", keep)
    again = engine.load(refuse, 32, "float32", keep)
    np.testing.assert_array_equal(list(first(pictures)), list(again(pictures)))
    np.testing.assert_array_equal(list(again(pictures)), compute(network, pictures))


def test_the_number_of_cores_changes_no_bit(build, monkeypatch):
    network = build("efficientnet_lite0", 96)
    pictures = draw(network, count=9)
    features = compute(network, pictures)
    for cores in (1, 2, 3):
        monkeypatch.setattr(engine, "num_cores", lambda cores=cores: cores)
        np.testing.assert_array_equal(compute(network, pictures), features)


def test_half_precision_is_for_the_cache_alone(build):
    network = build("efficientnet_lite0", 32)
    pictures = draw(network)
    np.testing.assert_array_equal(
        compute(network, pictures, "float16"), compute(network, pictures)
    )


@pytest.mark.skipif(not has_bfloat16(), reason="this processor has no bfloat16")
def test_bfloat16_is_near_float32(build):
    network = build("efficientnet_lite0", 64)
    assert TOLERANCE < difference(network, "bfloat16") < 0.2


def test_bfloat16_is_refused_where_it_would_be_imitated(build, monkeypatch):
    network = build("efficientnet_lite0", 32)
    monkeypatch.setattr(engine, "has_bfloat16", lambda: False)
    with pytest.raises(InputError, match=r"features\.precision must be float32 or fl"):
        compute(network, draw(network), "bfloat16")


class InPython(keras.layers.Layer):
    def call(self, inputs):
        halved = tensorflow.numpy_function(lambda x: x / 2, [inputs], "float32")
        return tensorflow.ensure_shape(halved, inputs.shape)


def test_a_network_that_cannot_be_converted_is_an_error():
    pixels = keras.Input((8, 8, 3), dtype="uint8")
    tensor = InPython()(keras.layers.Rescaling(1.0)(pixels))
    network = keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(tensor))
    with pytest.raises(InputError, match=r"engine must be .*PyFunc.* Set features\.en"):
        compute(network, draw(network))


COME_AND_GO = """
import signal, sys
import numpy as np
from headswap.engines import openvino as engine

files = dict(zip((engine.GRAPH, engine.WEIGHTS), sys.argv[1:], strict=True))
runs = [engine.load(None, 1, "float32", lambda *_: files) for _ in range(2)]
for run in runs:
    list(run([np.zeros((8, 8, 3), np.uint8)]))
while runs:
    del run
    run = runs.pop(0)
del run
signal.signal(signal.SIGALRM, lambda *_: print("heard"))
signal.raise_signal(signal.SIGALRM)
"""


def test_a_signal_is_heard_after_networks_have_come_and_gone(tmp_path):
    opset = engine.import_openvino().opset13
    pixels = opset.parameter([1, 8, 8, 3], np.uint8)
    mean = opset.reduce_mean(opset.convert(pixels, "f32"), [1, 2])
    paths = [tmp_path / name for name in (engine.GRAPH, engine.WEIGHTS)]
    engine.import_openvino().serialize(
        engine.import_openvino().Model([mean], [pixels]), *paths
    )
    # As Ctrl-C would end it, this would end the tests.
    command = [sys.executable, "-c", COME_AND_GO, *map(str, paths)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "heard\n"), ran.stderr


def test_nothing_is_sent_to_anyone():
    assert sys.modules["openvino_telemetry"] is None
    stub = sys.modules["openvino.tools.ovc.telemetry_utils"].tm
    assert stub.__name__ == "openvino.tools.ovc.telemetry_stub"
