"""The cut changes nothing: part below, then part above, equals the whole network."""

import keras
import numpy as np
import pytest
import tensorflow

from headswap import registry
from headswap.errors import InputError
from headswap.features.cut import BLOCKS, choose_place, divide, places
from headswap.features.network import build_network
from tests.networks import weight_of_network

pytestmark = pytest.mark.slow

BACKBONES = [
    pytest.param(name, marks=weight_of_network(name))
    for name in registry.names("features/backbones")
]


def build(name, section, **options):
    keras.utils.clear_session()
    size = max(32, registry.load("features/backbones", name).MINIMUM_SIZE)
    backbone = section("backbone", name=name, weights="none", **options)
    return build_network(backbone.networks[0], backbone, size)


def draw_pixels(network, count=2):
    shape = (count, *network.input_shape[1:])
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def gradients(model, inputs, weights):
    with tensorflow.GradientTape() as tape:
        loss = keras.ops.sum(keras.ops.square(model(inputs, training=False)))
    return tape.gradient(loss, weights)


def assert_close(found, expected, tolerance=1e-5):
    found, expected = np.asarray(found), np.asarray(expected)
    scale = max(float(np.abs(expected).max()), 1e-12)
    assert float(np.abs(found - expected).max()) <= tolerance * scale


@pytest.mark.parametrize("name", BACKBONES)
def test_cutting_changes_neither_outputs_nor_gradients(name, section):
    network = build(name, section)
    pixels = draw_pixels(network)
    expected = network(pixels, training=False)
    found = places(network)
    for place in [found[len(found) // 3], found[2 * len(found) // 3], found[-2]]:
        cut = divide(network, place)
        features = np.asarray(cut.below(pixels, training=False))
        assert_close(cut.above(features, training=False), expected)
        weights = cut.above.trainable_weights
        if not weights:
            continue
        # The heads' gradient flows through the cached features as it does through the
        # network; a few of the weights tell.
        some = weights[:: max(1, len(weights) // 5)]
        pairs = zip(
            gradients(cut.above, features, some),
            gradients(network, pixels, some),
            strict=True,
        )
        for through_cache, through_network in pairs:
            assert_close(through_cache, through_network, 1e-4)


def test_no_cut_is_the_pooled_vector_and_all_is_the_input(section):
    network = build("mobilenet_v2", section)
    assert choose_place(network, 0) == (network.operations[-1].name, [])
    assert choose_place(network, "all") == (network.operations[0].name, [])
    assert divide(network, network.operations[-1].name).above is None
    assert divide(network, network.operations[0].name).below is None


@pytest.mark.parametrize("unfreeze", [1, 2, 5, 9, 17, 40])
def test_exactly_the_last_layers_are_trained(section, unfreeze):
    network = build("efficientnet_lite0", section)
    layers = [operation.name for operation in network.operations]
    place, frozen = choose_place(network, unfreeze)
    above = layers[layers.index(place) + 1 : -1]
    assert place in places(network)
    assert above[: len(frozen)] == frozen
    assert len(above) - len(frozen) == unfreeze
    # No place lies between the cut and the first layer to be trained.
    assert not set(frozen) & set(places(network))


def test_a_residual_network_is_not_cut_inside_a_block(section):
    network = build("mobilenet_v2", section)
    layers = [operation.name for operation in network.operations]
    inside = layers.index("block_15_expand_relu")
    place, frozen = choose_place(network, len(layers) - 1 - inside)
    assert place == "block_14_add"
    assert frozen == ["block_15_expand", "block_15_expand_BN"]


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


@pytest.mark.parametrize("name", BACKBONES)
def test_the_last_blocks_are_whole_ones_with_something_to_train(name, section):
    network = build(name, section)
    layers = [operation.name for operation in network.operations]
    found = []
    for unfreeze in BLOCKS:
        place, frozen = choose_place(network, unfreeze)
        assert frozen == []
        found += [len(layers) - 2 - layers.index(place), place]
        assert divide(network, place).above.trainable_weights
    assert tuple(found) == LAST_BLOCKS[name]


def test_more_layers_than_there_are_is_an_error(section):
    network = build("vgg16", section)
    with pytest.raises(InputError, match=r"unfreeze must be 0 to 20 or all for vgg16"):
        choose_place(network, 21)


def test_a_picture_below_the_minimum_size_is_an_error(section):
    backbone = section("backbone", name="xception", weights="none")
    with pytest.raises(InputError, match=r"prepare\.image_size must be at least 71"):
        build_network(backbone.networks[0], backbone, 64)
    backbone = section("backbone", name="xception", weights="none", image_size=48)
    with pytest.raises(InputError, match=r"backbone\.image_size must be at least 71"):
        build_network(backbone.networks[0], backbone, 255)


@pytest.mark.parametrize("pooling", ["average", "max", "power_mean"])
def test_pooling_gives_one_value_a_channel(section, pooling):
    network = build("vgg16", section, pooling=pooling)
    feature_map = keras.Model(network.input, network.operations[-2].output)
    pixels = draw_pixels(network)
    values = np.asarray(feature_map(pixels)).reshape(len(pixels), -1, 512)
    expected = {
        "average": values.mean(axis=1),
        "max": values.max(axis=1),
        "power_mean": (np.maximum(values, 1e-6) ** 3).mean(axis=1) ** (1 / 3),
    }
    assert_close(network(pixels), expected[pooling])
