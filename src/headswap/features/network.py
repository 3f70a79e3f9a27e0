"""A backbone and its pooling: the whole network, before it is cut."""

import keras

from headswap import registry
from headswap.errors import InputError
from headswap.layers.pooling import pool
from headswap.params.backbone import IMAGENET, RANDOM, Section

# Random weights have to be the same ones whenever a network is built again.
RANDOM_WEIGHTS_SEED = 0


def build_network(name: str, backbone: Section, prepared_size: int) -> keras.Model:
    """Return the whole network, from uint8 pixels to the pooled vector.

    Args:
        name: of the backbone.
        backbone: its weights, size and pooling.
        prepared_size: side of the prepared pictures, in pixels.

    Raises:
        InputError: pictures too small for the network, or weights that do not fit.
    """
    module = registry.load("features/backbones", name)
    size = backbone.image_size or prepared_size
    if size < module.MINIMUM_SIZE:
        where = "backbone.image_size" if backbone.image_size else "prepare.image_size"
        raise InputError(
            f"params.yaml: {where} must be at least {module.MINIMUM_SIZE} for {name}, "
            f"got {size}. Raise it, or choose another backbone."
        )
    keras.utils.set_random_seed(RANDOM_WEIGHTS_SEED)
    pixels = keras.Input((size, size, 3), dtype="uint8", name="pixels")
    weights = None if has_random_weights(name, backbone) else backbone.weights
    feature_map = module.build(pixels, weights).output
    return keras.Model(pixels, pool(feature_map, backbone.pooling), name=name)


def is_from_scratch(name: str) -> bool:
    """Return whether a network comes without pretrained weights."""
    return getattr(registry.load("features/backbones", name), "FROM_SCRATCH", False)


def has_random_weights(name: str, backbone: Section) -> bool:
    """Return whether a network starts from random weights."""
    # A network that nobody has trained has no ImageNet weights to ask for.
    return backbone.weights == RANDOM or (
        backbone.weights == IMAGENET and is_from_scratch(name)
    )
