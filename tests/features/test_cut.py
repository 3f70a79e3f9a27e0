"""The cut lies between blocks; exactly the layers asked for are trained above it."""

import keras
import numpy as np
import pytest

from headswap.errors import InputError
from headswap.features.cut import choose_place, divide, places
from headswap.features.network import build_network
from headswap.layers.pooling import pool

pytestmark = pytest.mark.slow


def build(name, section):
    keras.utils.clear_session()
    backbone = section("backbone", name=name, weights="none")
    return build_network(backbone.networks[0], backbone, 32)


def test_no_cut_is_the_pooled_vector_and_all_is_the_input(section):
    network = build("mobilenet_v2", section)
    assert choose_place(network, 0) == (network.operations[-1].name, [])
    assert choose_place(network, "all") == (network.operations[0].name, [])
    assert divide(network, network.operations[-1].name).above is None
    assert divide(network, network.operations[0].name).below is None


def test_exactly_the_last_layers_are_trained(section):
    network = build("efficientnet_lite0", section)
    layers = [operation.name for operation in network.operations]
    for unfreeze in [1, 2, 5, 9, 17, 40]:
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
def test_pooling_gives_one_value_a_channel(pooling):
    feature_map = keras.Input((3, 4, 5))
    values = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    found = keras.Model(feature_map, pool(feature_map, pooling))(values)
    expected = {
        "average": values.mean(axis=(1, 2)),
        "max": values.max(axis=(1, 2)),
        "power_mean": (np.maximum(values, 1e-6) ** 3).mean(axis=(1, 2)) ** (1 / 3),
    }
    np.testing.assert_allclose(found, expected[pooling], rtol=1e-5)
