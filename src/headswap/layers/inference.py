"""A part of a model that stays in inference mode while the rest is trained."""

import keras


@keras.saving.register_keras_serializable("headswap")
class Inference(keras.layers.Wrapper):
    """Calls a layer or model in inference mode, always; its weights stay trainable.

    So batch normalisation uses the statistics it has, and dropout is off. Calling a
    functional model with `training=False` inside another one does not do it: the outer
    model's mode takes precedence.

    Source: Keras's guide "Transfer learning & fine-tuning", on layers with statistics.
    """

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Return the inner layer's output."""
        return self.layer(inputs, training=False)
