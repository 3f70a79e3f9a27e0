"""Networks to compute with, how engines keep them, and what a backbone's tests cost."""

import keras
import numpy as np
import pytest

from headswap.engines import openvino

# How far an engine may be from Keras, as a share of the largest value.
TOLERANCE = 1e-5

# Large ones, and further sizes of a kind; `make test` has one of each kind at least.
ENDURE = (
    "densenet121",
    "efficientnet_lite1",
    "efficientnet_lite2",
    "efficientnet_v2_s",
    "resnet101_v2",
    "xception",
)
SLOW = ("convnext_tiny", "resnet50")


def weight_of_network(name):
    """The mark of a test on this backbone, () for none."""
    if name in ENDURE:
        return pytest.mark.endure
    return pytest.mark.slow if name in SLOW else ()


def keep_in(kept):
    """What an engine keeps of a network, in a dictionary, made where it is empty."""

    def keep(names, make):
        if not kept:
            kept.update(make())
        return {name: kept[name] for name in names}

    return keep


def keep_nothing(names, make):
    """The same, made anew each time."""
    return keep_in({})(names, make)


def draw_pictures(network, count=3):
    """Pictures of noise, of the size that the network takes, uint8."""
    shape = (count, *network.input_shape[1:])
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def compute_with_openvino(network, pictures, precision="float32", keep=keep_nothing):
    """The features of pictures, one row each."""
    run = openvino.load(lambda: network, 32, precision, keep)
    return np.stack(list(run(pictures)))


def distance_from_keras(network, precision="float32"):
    """How far OpenVINO's features are from those of Keras, as a share of the largest.

    Random networks hardly tell pictures apart, and then equality would say nothing.
    """
    pictures = draw_pictures(network)
    expected = np.asarray(network(pictures, training=False))
    largest = np.abs(expected).max()
    assert expected.std() > 100 * TOLERANCE * largest
    found = compute_with_openvino(network, pictures, precision)
    return np.abs(found - expected).max() / largest


def build_short_mobilenet(*, weights, include_top, input_tensor):
    """MobileNetV2 with two of its blocks, as keras.applications would build it.

    A tenth of the layers, which is what an engine takes long for; and few enough that
    random weights still tell pictures apart.
    """
    assert weights is None
    assert not include_top
    layers = keras.layers

    def normalized(inputs, layer):
        return layers.BatchNormalization(name=f"{layer.name}_BN")(layer(inputs))

    def activated(inputs, layer):
        relu = layers.ReLU(6.0, name=f"{layer.name}_relu")
        return relu(normalized(inputs, layer))

    def pointwise(filters, name):
        return layers.Conv2D(filters, 1, use_bias=False, name=name)

    def block(inputs, filters, name):
        depthwise = layers.DepthwiseConv2D(
            3, padding="same", use_bias=False, name=f"{name}_depthwise"
        )
        found = activated(inputs, pointwise(16, f"{name}_expand"))
        found = activated(found, depthwise)
        return normalized(found, pointwise(filters, f"{name}_project"))

    stem = layers.Conv2D(8, 3, strides=2, use_bias=False, name="stem")
    found = activated(input_tensor, stem)
    found = layers.Add(name="block_1_add")([found, block(found, 8, "block_1")])
    found = activated(block(found, 16, "block_2"), pointwise(24, "Conv_1"))
    return keras.Model(keras.utils.get_source_inputs(input_tensor), found)
