"""Read a state dict in PyTorch's old file format (until 1.5, no zip), without PyTorch.

In: a `.pth` file. Out: a dict from parameter name to NumPy array, in the file's order.
The file is five pickles in a row (magic number, protocol version, system facts, state
dict, storage keys), then for each storage key an 8-byte count and that many raw
little-endian values. A pickle can call anything it can name, so the unpickler here
resolves the few names a state dict needs and refuses every other one.
"""

import collections
import math
import pathlib
import pickle
import typing

import numpy as np

from headswap.errors import InputError

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL_VERSION = 1001
_STORAGE_DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _Tensor(typing.NamedTuple):
    """Where in which storage a tensor's values lie; strides count values, not bytes."""

    storage: tuple
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    requires_gradient: bool
    hooks: dict


_ALLOWED_NAMES: dict[tuple[str, str], typing.Any] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
    **{("torch", name): np.dtype(code) for name, code in _STORAGE_DTYPES.items()},
}


class _StateDictUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> typing.Any:
        if (module, name) not in _ALLOWED_NAMES:
            raise ValueError(
                f"the pickle must be a plain state dict, got the name {module}.{name}"
            )
        return _ALLOWED_NAMES[module, name]

    def persistent_load(self, persistent_id: tuple) -> tuple:
        _, dtype, key, _, num_values, _ = persistent_id
        return dtype, key, num_values


def read_state_dict(path: str | pathlib.Path) -> dict[str, np.ndarray]:
    """Arrays of the state dict in the file at `path`, float32 or int64, in file order.

    Raises:
        InputError: the file is not in this format, is cut short, or names anything but
            the parts of a state dict.
    """
    try:
        with open(path, "rb") as file:
            if _StateDictUnpickler(file).load() != _MAGIC_NUMBER:
                raise ValueError("the magic number is not PyTorch's")
            if _StateDictUnpickler(file).load() != _PROTOCOL_VERSION:
                raise ValueError(f"the protocol version is not {_PROTOCOL_VERSION}")
            _StateDictUnpickler(file).load()
            tensors = _StateDictUnpickler(file).load()
            keys = _StateDictUnpickler(file).load()
            dtypes = {
                tensor.storage[1]: tensor.storage[0] for tensor in tensors.values()
            }
            storages = {key: _read_storage(file, dtypes[key]) for key in keys}
        return {
            name: _take(tensor, storages[tensor.storage[1]])
            for name, tensor in tensors.items()
        }
    except OSError:
        raise
    # A damaged pickle raises nearly any exception, by what the damaged byte meant.
    except Exception as error:
        raise InputError(
            f"{path}: the file must be a state dict in PyTorch's old (not zip) format, "
            f"got {type(error).__name__}: {error}. "
            "Download it again, or save it with _use_new_zipfile_serialization=False."
        ) from error


def _read_storage(file: typing.BinaryIO, dtype: np.dtype) -> np.ndarray:
    num_values = int.from_bytes(file.read(8), "little")
    content = file.read(num_values * dtype.itemsize)
    if len(content) < num_values * dtype.itemsize:
        raise ValueError("the file is cut short")
    return np.frombuffer(content, dtype)


def _take(tensor: _Tensor, storage: np.ndarray) -> np.ndarray:
    # as_strided reads whatever memory it is told to: check that it is the storage's.
    steps = zip(tensor.shape, tensor.strides, strict=True)
    last = tensor.offset + sum((length - 1) * stride for length, stride in steps)
    if tensor.offset < 0 or min(tensor.strides, default=0) < 0 or last >= len(storage):
        raise ValueError("a tensor reaches outside its storage")
    # With steps of 0 a single value would fill any memory.
    if math.prod(tensor.shape) > len(storage):
        raise ValueError("a tensor has more values than its storage")
    byte_strides = [stride * storage.itemsize for stride in tensor.strides]
    view = np.lib.stride_tricks.as_strided(
        storage[tensor.offset :], tensor.shape, byte_strides, writeable=False
    )
    return np.ascontiguousarray(view).reshape(tensor.shape)
