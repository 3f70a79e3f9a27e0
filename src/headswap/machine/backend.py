"""Keras and its backend, set by the program alone, so that inputs decide the bytes.

Keras takes its backend, number formats and more from a file in the user's home and from
variables KERAS_*, at the moment it is imported. `start_keras` imports it with neither.
Nothing else here or elsewhere may import Keras before it has been called.
"""

import gc
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Literal, get_args

from headswap.errors import raise_faults

Backend = Literal["tensorflow", "jax", "torch"]
BACKENDS: tuple[str, ...] = get_args(Backend)

# What the program sets, whatever a user's keras.json says. Epsilon is Keras's default.
KERAS_SETTINGS: dict[str, str | float] = {
    "floatx": "float32",
    "image_data_format": "channels_last",
    "epsilon": 1e-7,
}

# How the environment variables begin that a backend reads and may compute by. The
# program sets none of them, so a result depends on them; but not on what is logged.
VARIABLES = ("DNNL_", "JAX_", "NVIDIA_", "ONEDNN_", "OV_", "TF_", "XLA_")
WITHOUT_INFLUENCE = ("NVIDIA_VISIBLE", "NVIDIA_DRIVER", "TF_CPP_", "TF_FORCE_GPU_")

# What JAX reads once, when it first looks for devices. One process would else take most
# of a GPU's memory, and another have none; TensorFlow has a function for it.
JAX_SETTINGS = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}

_VARIABLE = "KERAS_BACKEND"


def backend_faults(backend: str) -> list[str]:
    """Return what keeps Keras from running on a backend, one sentence each."""
    faults = []
    asked = os.environ.get(_VARIABLE)
    if asked and asked != backend:
        faults.append(
            f"{_VARIABLE}: the environment variable must be as keras.backend in "
            f"params.yaml, {backend!r}, got {asked!r}. Unset it"
            f"{f', or set keras.backend={asked}' if asked in BACKENDS else ''}."
        )
    if find_spec(backend) is None:
        installed = [name for name in BACKENDS if find_spec(name)]
        faults.append(
            f"params.yaml: keras.backend must be installed, got {backend!r}, which is "
            f"not. Run `pip install {backend}`, or set keras.backend to one "
            f"of {', '.join(installed) or 'those installed'}."
        )
    return faults


def start_keras(backend: str) -> None:
    """Import Keras on a backend, with the program's own settings.

    Args:
        backend: one of `BACKENDS`.

    Raises:
        InputError: it is not installed, or the environment asks for another.
        RuntimeError: Keras runs already, on another backend.
    """
    raise_faults(backend_faults(backend))
    if "keras" not in sys.modules:
        _import_keras(backend)
    import keras

    if keras.backend.backend() != backend:
        raise RuntimeError(f"Keras runs on {keras.backend.backend()} already")
    keras.config.set_floatx(KERAS_SETTINGS["floatx"])
    keras.config.set_image_data_format(KERAS_SETTINGS["image_data_format"])
    keras.config.set_epsilon(KERAS_SETTINGS["epsilon"])


def _import_keras(backend: str) -> None:
    # Keras reads keras.json in KERAS_HOME; weights that were downloaded lie there too,
    # so it is another folder only for the moment of the import.
    asked = [name for name in os.environ if name.startswith("KERAS_")]
    ours: dict[str, str | None] = dict.fromkeys(asked)
    with TemporaryDirectory() as empty:
        ours |= {"KERAS_HOME": empty, _VARIABLE: backend}
        if backend == "jax":
            ours |= JAX_SETTINGS
        with _environment(ours):
            with _quiet():
                import keras  # noqa: F401

                # Where installed, Keras imports it on any backend, once a seed is set.
                with suppress(ImportError):
                    import tensorflow
                if backend == "tensorflow":
                    # Looking for a GPU writes an error where there is none.
                    for gpu in tensorflow.config.list_physical_devices("GPU"):
                        tensorflow.config.experimental.set_memory_growth(gpu, True)
            if backend == "jax":
                import jax

                jax.devices()


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables, or remove those that are None, and put back what was."""
    before = {name: os.environ.get(name) for name in changes}

    def put(values: Mapping[str, str | None]) -> None:
        for name, value in values.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    put(changes)
    try:
        yield
    finally:
        put(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep standard error back, and show it only where an exception is raised.

    TensorFlow's C++ writes to it while it is imported, whatever its log level.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        except BaseException:
            file.seek(0)
            os.write(kept, file.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def set_up_backend(*, tf32: bool, one_thread: bool) -> None:
    """Make computing deterministic, and round only where asked to.

    Args:
        tf32: lets an NVIDIA GPU round float32 products to 10 bits.
        one_thread: sums do not then depend on the number of cores.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow

        # Each round has a model of its own, which TensorFlow takes for an oversight.
        tensorflow.get_logger().setLevel("ERROR")
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


def find_gpu() -> str | None:
    """Return the name of the GPU that Keras's backend computes on, None for none."""
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow

        for gpu in tensorflow.config.list_physical_devices("GPU"):
            details = tensorflow.config.experimental.get_device_details(gpu)
            return details.get("device_name", gpu.name)
    elif backend == "jax":
        import jax

        device = jax.devices()[0]
        return None if device.platform == "cpu" else device.device_kind
    elif backend == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return None


def forget_models() -> None:
    """Let go of the memory of models that are gone, and count names of layers anew.

    TensorFlow registers the gradient of each training step that it traces, and with it
    the step's graph and all weights, for ever; it is asked for while tracing alone.
    """
    import keras

    keras.utils.clear_session()
    if keras.backend.backend() == "tensorflow":
        from tensorflow.python.framework import ops

        registered = getattr(ops.gradient_registry, "_registry", {})
        for name in [n for n in registered if n.startswith("CustomGradient-")]:
            del registered[name]
    gc.collect()
