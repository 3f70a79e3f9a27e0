"""Tensors of the Open Inference Protocol, in both their forms.

As JSON a tensor is a list, flat or nested; BYTES are text, here base64 as JSON has no
bytes. In the binary extension it stands behind the JSON, little-endian and row by row;
each element of BYTES has its length, 4 bytes, before it.

Source: the protocol's specification, "Tensor Data", and Triton Inference Server's
"Binary tensor data extension", whose clients use it unless told otherwise.
"""

import base64
import binascii
import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

_LENGTH = struct.Struct("<I")


def pixels_of_json(data: Any, shape: Sequence[int]) -> np.ndarray:
    """Return an array of a shape, uint8, from numbers in lists.

    Raises:
        ValueError: with what they must be, and what they are.
    """
    try:
        # A list of unequal lists, and a number with too many digits, are refused here.
        numbers = np.asarray(data)
    except (ValueError, OverflowError) as error:
        raise ValueError("whole numbers in lists of equal lengths, got others") from (
            error
        )
    if numbers.dtype.kind not in "iu":
        raise ValueError(f"whole numbers, got {numbers.dtype}")
    expected = math.prod(shape)
    if numbers.size != expected:
        raise ValueError(f"{expected:,} numbers for its shape, got {numbers.size:,}")
    if numbers.min() < 0 or numbers.max() > 255:
        raise ValueError(f"numbers of 0 to 255, got {numbers.min()}..{numbers.max()}")
    return numbers.astype(np.uint8).reshape(shape)


def pixels_of_binary(data: bytes, shape: Sequence[int]) -> np.ndarray:
    """Return an array of a shape, uint8.

    Raises:
        ValueError: with what the data must be, and what it is.
    """
    expected = math.prod(shape)
    if len(data) != expected:
        raise ValueError(f"{expected:,} bytes for its shape, got {len(data):,}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def bytes_of_json(data: Any) -> list[bytes]:
    """Return the elements of BYTES, from base64 in a list, or in lists of one each.

    Raises:
        ValueError: with what they must be, and what they are.
    """
    elements = data if isinstance(data, list) else [data]
    elements = [
        each[0] if isinstance(each, list) and len(each) == 1 else each
        for each in elements
    ]
    try:
        return [base64.b64decode(each, validate=True) for each in elements]
    except (TypeError, ValueError, binascii.Error) as error:
        raise ValueError("files as base64 in a list, got something else") from error


def bytes_of_binary(data: bytes) -> list[bytes]:
    """Return the elements of BYTES, each of which stands behind its length.

    Raises:
        ValueError: a length goes beyond the end.
    """
    elements, start = [], 0
    while start < len(data):
        try:
            (length,) = _LENGTH.unpack_from(data, start)
        except struct.error:
            length = len(data)
        start += _LENGTH.size
        if start + length > len(data):
            raise ValueError("elements that end where their lengths say, got others")
        elements.append(data[start : start + length])
        start += length
    return elements


def to_binary(elements: Sequence[str] | np.ndarray) -> bytes:
    """Return texts, or an array of float32, as the binary extension has them."""
    if isinstance(elements, np.ndarray):
        return elements.astype("<f4").tobytes()
    texts = [each.encode() for each in elements]
    return b"".join(_LENGTH.pack(len(text)) + text for text in texts)
