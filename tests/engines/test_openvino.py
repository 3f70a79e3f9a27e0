"""OpenVINO computes what Keras does, on any number of cores, and tells nobody."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow

from headswap.engines import openvino as engine
from headswap.errors import InputError
from headswap.features.cut import choose_place, divide
from headswap.features.network import build_network
from headswap.machine.processor import has_bfloat16
from tests.networks import (
    TOLERANCE,
    compute_with_openvino,
    distance_from_keras,
    draw_pictures,
    keep_in,
)


@pytest.fixture
def build(section):
    """build(name, size, **backbone): the whole network."""

    def make(name, size, **changes):
        keras.utils.clear_session()
        backbone = section("backbone", name=name, **changes)
        return build_network(backbone.networks[0], backbone, size)

    return make


@pytest.mark.parametrize(
    "pooling",
    [
        "max",
        "power_mean",
        pytest.param("average", marks=pytest.mark.endure),
    ],
)
def test_a_trained_network_s_features_are_those_of_keras(pooling, build):
    network = build("efficientnet_lite0", 64, pooling=pooling)
    assert distance_from_keras(network) <= TOLERANCE


def test_features_below_a_cut_are_those_of_keras(build):
    network = build("efficientnet_lite0", 48, weights="none")
    place, _ = choose_place(network, "last_block")
    assert distance_from_keras(divide(network, place).below) <= TOLERANCE


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
    assert distance_from_keras(build(str(path), 16)) <= TOLERANCE


def test_what_is_kept_of_a_network_serves_without_it(build):
    network = build("efficientnet_lite0", 64)
    pictures = draw_pictures(network)

    def refuse():
        raise AssertionError("built")

    keep = keep_in({})
    first = engine.load(lambda: network, 32, "float32", keep)
    again = engine.load(refuse, 32, "float32", keep)
    np.testing.assert_array_equal(list(first(pictures)), list(again(pictures)))


def test_the_number_of_cores_changes_no_bit(build, monkeypatch):
    network = build("efficientnet_lite0", 96)
    pictures, keep = draw_pictures(network, count=9), keep_in({})
    features = compute_with_openvino(network, pictures, keep=keep)
    for cores in (1, 2, 3):
        monkeypatch.setattr(engine, "num_cores", lambda cores=cores: cores)
        found = compute_with_openvino(network, pictures, keep=keep)
        np.testing.assert_array_equal(found, features)


def test_half_precision_is_for_the_cache_alone(build):
    network = build("efficientnet_lite0", 32)
    pictures, keep = draw_pictures(network), keep_in({})
    found, expected = (
        compute_with_openvino(network, pictures, precision, keep)
        for precision in ("float16", "float32")
    )
    np.testing.assert_array_equal(found, expected)


@pytest.mark.skipif(not has_bfloat16(), reason="this processor has no bfloat16")
def test_bfloat16_is_near_float32(build):
    network = build("efficientnet_lite0", 64)
    assert TOLERANCE < distance_from_keras(network, "bfloat16") < 0.2


def test_bfloat16_is_refused_where_it_would_be_imitated(build, monkeypatch):
    network = build("efficientnet_lite0", 32)
    monkeypatch.setattr(engine, "has_bfloat16", lambda: False)
    with pytest.raises(InputError, match=r"features\.precision must be float32 or fl"):
        compute_with_openvino(network, draw_pictures(network), "bfloat16")


class InPython(keras.layers.Layer):
    def call(self, inputs):
        halved = tensorflow.numpy_function(lambda x: x / 2, [inputs], "float32")
        return tensorflow.ensure_shape(halved, inputs.shape)


def test_a_network_that_cannot_be_converted_is_an_error():
    pixels = keras.Input((8, 8, 3), dtype="uint8")
    tensor = InPython()(keras.layers.Rescaling(1.0)(pixels))
    network = keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(tensor))
    with pytest.raises(InputError, match=r"engine must be .*PyFunc.* Set features\.en"):
        compute_with_openvino(network, draw_pictures(network))


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
