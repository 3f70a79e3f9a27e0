"""Pooling: a feature map -> one vector."""

from typing import Any

import keras


@keras.saving.register_keras_serializable("headswap")
class PowerMean(keras.layers.Layer):
    """Generalised mean over all positions, (B, H, W, C) -> (B, C).

    `(mean(max(x, epsilon) ** power)) ** (1 / power)`: between average (1) and maximum
    (infinity) pooling.

    Source: Radenović, Tolias & Chum 2019, "Fine-tuning CNN image retrieval with no
    human annotation", equation 3 (https://arxiv.org/abs/1711.02512).

    Args:
        power: 1 or more; 3 is what the paper starts from.
        epsilon: lower bound that keeps the power defined.
    """

    def __init__(self, power: float = 3.0, epsilon: float = 1e-6, **options: Any):
        super().__init__(**options)
        self.power = power
        self.epsilon = epsilon

    def call(self, feature_map: keras.KerasTensor) -> keras.KerasTensor:
        """Return the pooled vector."""
        # Powers of 16-bit numbers overflow.
        positive = keras.ops.maximum(
            keras.ops.cast(feature_map, "float32"), self.epsilon
        )
        mean = keras.ops.mean(keras.ops.power(positive, self.power), axis=(1, 2))
        return keras.ops.cast(keras.ops.power(mean, 1 / self.power), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with."""
        return {**super().get_config(), "power": self.power, "epsilon": self.epsilon}


def pool(feature_map: keras.KerasTensor, pooling: str) -> keras.KerasTensor:
    """Return the vector of a feature map; a vector stays as it is.

    It comes from a layer of its own in any case, which has no weights.

    Args:
        feature_map: (B, H, W, C), or (B, C) of a network that ends in a vector.
        pooling: `average`, `max` or `power_mean`.
    """
    if len(feature_map.shape) == 2:
        return keras.layers.Identity(name="pooled")(feature_map)
    layer = {
        "average": keras.layers.GlobalAveragePooling2D,
        "max": keras.layers.GlobalMaxPooling2D,
        "power_mean": PowerMean,
    }[pooling]
    return layer(name="pooled")(feature_map)
