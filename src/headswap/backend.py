"""Setting up Keras's backend so that the same inputs give the same bytes."""

import keras


def set_up_backend(*, tf32: bool, one_thread: bool) -> None:
    """Make computing deterministic, and round only where asked to.

    Args:
        tf32: lets an NVIDIA GPU round float32 products to 10 bits.
        one_thread: sums do not then depend on the number of cores.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()
        tensorflow.config.experimental.enable_tensor_float_32_execution(tf32)
        if one_thread:
            tensorflow.config.threading.set_intra_op_parallelism_threads(1)
            tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    elif backend == "jax":
        import jax

        precision = "tensorfloat32" if tf32 else "float32"
        jax.config.update("jax_default_matmul_precision", precision)
    elif backend == "torch":
        import torch

        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.allow_tf32 = tf32
        torch.backends.cudnn.deterministic = True
