"""Every engine keeps the contract: a feature depends on its picture alone."""

import keras
import numpy as np
import pytest

from headswap import registry
from tests.networks import keep_nothing

ENGINES = registry.names("engines")
SIZE = 20
BATCH_SIZE = 3


@pytest.fixture(scope="module")
def network():
    """From pixels to a vector, by way of what backbones are made of."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    pixels = keras.Input((SIZE, SIZE, 3), dtype="uint8")
    tensor = keras.layers.Rescaling(1 / 127.5, -1)(pixels)
    tensor = keras.layers.Conv2D(16, 3, strides=2, activation="swish")(tensor)
    tensor = keras.layers.BatchNormalization()(tensor)
    inner = keras.layers.DepthwiseConv2D(3, padding="same")(tensor)
    tensor = keras.layers.Add()([tensor, keras.layers.Dropout(0.5)(inner)])
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(tensor))


@pytest.fixture(scope="module")
def pictures():
    shape = (7, SIZE, SIZE, 3)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def compute(name, network, pictures, batch_size=BATCH_SIZE):
    return list(load(name, network, batch_size)(iter(pictures)))


def load(name, network, batch_size=BATCH_SIZE):
    engine = registry.load("engines", name)
    return engine.load(lambda: network, batch_size, "float32", keep_nothing)


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_gives_every_picture_s_feature_in_order(name, network, pictures):
    features = compute(name, network, pictures)
    assert {feature.dtype for feature in features} == {np.dtype(np.float32)}
    expected = np.asarray(network(pictures))
    assert np.abs(features - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("name", ENGINES)
def test_a_feature_does_not_depend_on_the_pictures_around_it(name, network, pictures):
    features = compute(name, network, pictures)
    reversed_order = compute(name, network, pictures[::-1], batch_size=5)
    alone = compute(name, network, pictures[:1])
    # In batches, the place in one may count in the last bits, as on processors with
    # AVX2 alone.
    rtol = 1e-5 if name == "keras" else 0
    np.testing.assert_allclose(features, reversed_order[::-1], rtol, rtol / 1000)
    np.testing.assert_allclose(features[:1], alone, rtol, rtol / 1000)


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_reads_few_pictures_ahead(name, network, pictures, monkeypatch):
    engine = registry.load("engines", name)
    monkeypatch.setattr(engine, "num_cores", lambda: 2, raising=False)
    read = []

    def source():
        for number in range(50):
            read.append(number)
            yield pictures[number % len(pictures)]

    run = load(name, network)
    ahead = [len(read) - done for done, _ in enumerate(run(source()))]
    assert len(ahead) == 50
    assert max(ahead) <= 2 * BATCH_SIZE


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_may_be_left_before_its_end(name, network, pictures):
    run = load(name, network)
    first = next(run(iter(pictures)))
    np.testing.assert_array_equal(first, next(run(iter(pictures))))


@pytest.mark.parametrize("name", ENGINES)
def test_no_picture_gives_no_feature(name, network):
    assert compute(name, network, []) == []


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_says_what_it_computes_on(name):
    device = registry.load("engines", name).find_device("tensorflow")
    assert device.startswith(("CPU ", "GPU "))
