"""Of every backbone: cutting it changes nothing, and OpenVINO computes what Keras does.

Part below the cut, then part above, equals the whole network.
"""

import keras
import numpy as np
import pytest
import tensorflow

from headswap import registry
from headswap.features.cut import BLOCKS, choose_place, divide, places
from headswap.features.network import build_network
from tests.networks import (
    TOLERANCE,
    distance_from_keras,
    draw_pictures,
    weight_of_network,
)

pytestmark = pytest.mark.slow

# Layers of the last block, and where it begins; layers of the last two, and where.
LAST_BLOCKS = {
    "cnn_norm_dropout": (4, "block3_pool", 9, "block2_pool"),
    "cnn_sigmoid": (3, "block3_pool", 6, "block2_pool"),
    "cnn_simple": (3, "block2_pool", 6, "block1_pool"),
    "cnn_tanh": (3, "block3_pool", 6, "block2_pool"),
    "convnext_tiny": (9, "add_16", 17, "add_15"),
    "densenet121": (9, "conv5_block15_concat", 16, "conv5_block14_concat"),
    "efficientnet_b0": (16, "block6d_add", 31, "block6c_add"),
    "efficientnet_lite0": (11, "block6d_add", 20, "block6c_add"),
    "efficientnet_lite1": (11, "block6e_add", 20, "block6d_add"),
    "efficientnet_lite2": (11, "block6e_add", 20, "block6d_add"),
    "efficientnet_v2_b0": (3, "block6h_add", 18, "block6g_add"),
    "efficientnet_v2_s": (3, "block6o_add", 18, "block6n_add"),
    "mobilenet_v2": (11, "block_15_add", 20, "block_14_add"),
    "mobilenet_v3_large": (3, "expanded_conv_14_add", 20, "expanded_conv_13_add"),
    "resnet101_v2": (13, "conv5_block2_out", 24, "conv5_block1_out"),
    "resnet50": (11, "conv5_block2_add", 21, "conv5_block1_add"),
    "vgg16": (4, "block4_pool", 8, "block3_pool"),
    "xception": (6, "add_11", 16, "add_10"),
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=weight_of_network(name))
        for name in registry.names("features/backbones")
    ],
)
def network(request, section):
    """The whole network, with random weights, built once for all three tests."""
    keras.utils.clear_session()
    name = request.param
    size = max(48, registry.load("features/backbones", name).MINIMUM_SIZE)
    backbone = section("backbone", name=name, weights="none", pooling="average")
    return build_network(backbone.networks[0], backbone, size)


def gradients(model, inputs, weights):
    with tensorflow.GradientTape() as tape:
        loss = keras.ops.sum(keras.ops.square(model(inputs, training=False)))
    return tape.gradient(loss, weights)


def assert_close(found, expected, tolerance=TOLERANCE):
    found, expected = np.asarray(found), np.asarray(expected)
    scale = max(float(np.abs(expected).max()), 1e-12)
    assert float(np.abs(found - expected).max()) <= tolerance * scale


def test_openvino_computes_the_features_of_keras(network):
    assert distance_from_keras(network) <= TOLERANCE


@pytest.mark.endure
def test_openvino_computes_what_keras_does_below_the_last_block(network):
    place, _ = choose_place(network, "last_block")
    assert distance_from_keras(divide(network, place).below) <= TOLERANCE


def test_the_last_blocks_are_whole_ones_with_something_to_train(network):
    layers = [operation.name for operation in network.operations]
    found = []
    for unfreeze in BLOCKS:
        place, frozen = choose_place(network, unfreeze)
        assert frozen == []
        found += [len(layers) - 2 - layers.index(place), place]
        assert divide(network, place).above.trainable_weights
    assert tuple(found) == LAST_BLOCKS[network.name]


def test_cutting_changes_neither_outputs_nor_gradients(network):
    pictures = draw_pictures(network, count=2)
    expected = network(pictures, training=False)
    of_network = dict(
        zip(
            (weight.path for weight in network.trainable_weights),
            gradients(network, pictures, network.trainable_weights),
            strict=True,
        )
    )
    found = places(network)
    for place in [found[len(found) // 3], found[2 * len(found) // 3], found[-2]]:
        cut = divide(network, place)
        features = np.asarray(cut.below(pictures, training=False))
        assert_close(cut.above(features, training=False), expected)
        weights = cut.above.trainable_weights
        if not weights:
            continue
        # The heads' gradient flows through the cached features as it does through the
        # network; a few of the weights tell.
        some = weights[:: max(1, len(weights) // 5)]
        found_gradients = gradients(cut.above, features, some)
        for weight, gradient in zip(some, found_gradients, strict=True):
            assert_close(gradient, of_network[weight.path], 1e-4)
