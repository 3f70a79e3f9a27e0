"""EfficientNet-B0: squeeze-and-excite blocks; the smallest of a family up to B7.

When to use: better accuracy than EfficientNet-Lite0, for more time.
Paper: https://arxiv.org/abs/1905.11946
Accuracy: 77.1 % on ImageNet (source: https://keras.io/api/applications).
Pixels: each channel scaled to mean 0 and deviation 1 on ImageNet.
Feature map: 1280 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (Apache-2.0).
"""

import keras
import numpy as np

from headswap.features.backbones import _applications, _weights

MINIMUM_SIZE = 32
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/keras-applications/efficientnetb0_notop.h5",
    "50bc09e76180e00e4465e1a485ddc09d",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 1280) of `pixels` (batch, S, S, 3) uint8 0..255."""
    model = _applications.build_application(
        "efficientnet_b0",
        keras.applications.EfficientNetB0,
        _applications.keep,
        pixels,
        weights,
        IMAGENET,
    )
    # Pixel statistics are no matter of training. Where the published file has
    # variances it means deviations, which Keras makes good for `imagenet` alone, not
    # for the same file given by its path; and random weights have none.
    layer = next(x for x in model.layers if isinstance(x, keras.layers.Normalization))
    variances = np.square(_applications.TORCH_DEVIATIONS)
    layer.set_weights([np.array(_applications.TORCH_MEANS), variances, np.array(0)])
    layer.finalize_state()
    return model
