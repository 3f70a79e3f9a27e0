"""A backbone and its pooling: the whole network, before it is cut."""

import keras

from headswap import registry
from headswap.errors import InputError
from headswap.features.saved import call_network, load_network
from headswap.layers.pooling import pool
from headswap.params.backbone import Network, Section

# Random weights have to be the same ones whenever a network is built again.
RANDOM_WEIGHTS_SEED = 0
PREPARED = "prepare.image_size"


def build_network(
    network: Network, backbone: Section, prepared_size: int
) -> keras.Model:
    """Return the whole network, from uint8 pixels to the pooled vector.

    Args:
        network: one of the section's.
        backbone: its weights and pooling.
        prepared_size: side of the prepared pictures, in pixels.

    Raises:
        InputError: pictures of another size than the network takes, weights that do
            not fit, or a file that holds no network.
    """
    if network.is_file:
        model = load_network(network.source)
        size = _fixed_size(network, model.inputs[0].shape[1], prepared_size)
        pixels = _input(size)
        feature_map = call_network(network.source, model, pixels)
    else:
        module = registry.load("features/backbones", network.source)
        size = network.image_size or prepared_size
        if size < module.MINIMUM_SIZE:
            where = "backbone.image_size" if network.image_size else PREPARED
            raise InputError(
                f"params.yaml: {where} must be at least {module.MINIMUM_SIZE} for "
                f"{network.source}, got {size}. Raise it, or choose another backbone."
            )
        keras.utils.set_random_seed(RANDOM_WEIGHTS_SEED)
        pixels = _input(size)
        weights = None if backbone.starts_random(network) else backbone.weights
        feature_map = module.build(pixels, weights).output
    return keras.Model(pixels, pool(feature_map, backbone.pooling), name=network.key)


def _input(size: int) -> keras.KerasTensor:
    return keras.Input((size, size, 3), dtype="uint8", name="pixels")


def _fixed_size(network: Network, fixed: int | None, prepared_size: int) -> int:
    """Return the size that a file's network gets its pictures in.

    Args:
        network: of a file.
        fixed: the size it takes alone; None where it takes any.
        prepared_size: side of the prepared pictures, in pixels.
    """
    if fixed is None:
        return network.image_size or prepared_size
    if network.image_size not in (None, fixed):
        raise InputError(
            f"params.yaml: backbone.image_size must be {fixed} or null for "
            f"{network.source}, which takes no other, got {network.image_size}. Set it "
            "so."
        )
    if fixed > prepared_size:
        raise InputError(
            f"params.yaml: {PREPARED} must be at least {fixed} for {network.source}, "
            f"got {prepared_size}. Raise it."
        )
    return fixed
