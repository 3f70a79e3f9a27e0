"""EfficientNet-B0: squeeze-and-excite blocks; the smallest of a family up to B7.

When to use: better accuracy than EfficientNet-Lite0, for more time.
Paper: https://arxiv.org/abs/1905.11946
Accuracy: 77.1 % on ImageNet (source: https://keras.io/api/applications).
Pixels: each channel scaled to mean 0 and deviation 1 on ImageNet.
Feature map: 1280 channels, 1/32 of the side.
Weights: ImageNet, from keras.applications (Apache-2.0).
"""

import keras

from headswap.backbones import _applications, _weights

MINIMUM_SIZE = 32
IMAGENET = _weights.Download(
    "https://storage.googleapis.com/keras-applications/efficientnetb0_notop.h5",
    "50bc09e76180e00e4465e1a485ddc09d",
)


def build(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Feature map (batch, h, w, 1280) of `pixels` (batch, S, S, 3) uint8 0..255.

    Keras' network has a Normalization layer that its weights file fills, and two traps:
    the file's variances are deviations, which Keras makes good only for
    `weights="imagenet"`, not for the same file as a path; and after `set_weights` that
    layer goes on with the values it had before. So once the file is read, a Rescaling
    layer with the values for ImageNet takes its place.
    """
    published = _applications.build_application(
        "efficientnet_b0",
        keras.applications.EfficientNetB0,
        _applications.keep,
        pixels,
        weights,
        IMAGENET,
    )

    def replace(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.layers.Rescaling):
            return keras.layers.Rescaling(
                1 / 255, dtype="float32", name="rescale_pixels"
            )
        if isinstance(layer, keras.layers.Normalization):
            return _make_normalization(layer, is_filled=weights is not None)
        return type(layer).from_config(layer.get_config())

    model = keras.models.clone_model(published, pixels, clone_function=replace)
    for layer, original in zip(model.layers, published.layers, strict=True):
        if not isinstance(original, keras.layers.Normalization):
            layer.set_weights(original.get_weights())
    return model


def _make_normalization(
    layer: keras.layers.Normalization, is_filled: bool
) -> keras.layers.Rescaling:
    means, deviations = _applications.TORCH_MEANS, _applications.TORCH_DEVIATIONS
    if is_filled:
        means, variances = layer.get_weights()[:2]
        # The root that Keras divides by for `imagenet`, and the root it forgets.
        deviations = (variances * deviations) ** 0.5
    factors = [float(1 / deviation) for deviation in deviations]
    offsets = [
        -float(mean) * factor for mean, factor in zip(means, factors, strict=True)
    ]
    return keras.layers.Rescaling(
        factors, offsets, dtype="float32", name="normalize_pixels"
    )
