"""The Open Inference Protocol over HTTP: what a request asks for.

A model has one input, `pixels`: UINT8 (N, S, S, 3), as `headswap export` has it, or
BYTES (N,), each a picture file as it is. Its outputs are the tasks: FP32 (N, C).

Source: the protocol's specification, inference_rest.md; of Triton Inference Server's
extensions, those for binary tensors and for classification.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple, NoReturn

import numpy as np
from pydantic import BaseModel, Field, ValidationError

from headswap.artifacts.dataset.tasks import Task
from headswap.errors import MAX_LISTED, listed, one_line
from headswap.use.serve import tensors
from headswap.use.serve.limits import Limits, Refusal

PIXELS = "pixels"
HEADER_LENGTH = "inference-header-content-length"


class _Tensor(BaseModel):
    name: str
    shape: list[int] = []
    datatype: str = ""
    parameters: dict[str, Any] = {}
    data: Any = None


class _Request(BaseModel):
    id: str | None = None
    parameters: dict[str, Any] = {}
    inputs: list[_Tensor] = Field(min_length=1, max_length=1)
    outputs: list[_Tensor] | None = None


class Output(NamedTuple):
    """An output that is asked for.

    Attributes:
        task: whose probabilities it has.
        is_binary: whether it stands behind the JSON.
        num_best: so many best classes are wanted instead, with their names; 0 for none.
    """

    task: Task
    is_binary: bool
    num_best: int


class Asked(NamedTuple):
    """A request that was understood.

    Attributes:
        id: that the answer is to have, or None.
        pictures: (N, S, S, 3) uint8, or files.
        outputs: in their order.
    """

    id: str | None
    pictures: np.ndarray | list[bytes]
    outputs: list[Output]


def parse(
    body: bytes, header_length: str, tasks: Sequence[Task], size: int, limits: Limits
) -> Asked:
    """Return what a request asks for.

    Args:
        body: JSON, and what stands behind it.
        header_length: of the JSON in bytes, as the header says; "" for all of the body.
        tasks: of the model.
        size: side of its pictures, in pixels.
        limits: how many pictures may be asked about.

    Raises:
        Refusal: with what is not as it must be.
    """
    if header_length and not (
        header_length.isdecimal() and int(header_length) <= len(body)
    ):
        _refuse(
            "Inference-Header-Content-Length",
            f"at most {len(body)}, the length of the body",
            repr(header_length[:20]),
            "Send the number of bytes that the JSON has",
        )
    length = int(header_length) if header_length else len(body)
    try:
        request = _Request.model_validate_json(body[:length])
    except ValidationError as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, _sentences(error)) from error
    pictures = _pictures(request.inputs[0], body[length:], size, limits)
    return Asked(request.id, pictures, _outputs(request, tasks))


def _pictures(
    given: _Tensor, behind: bytes, size: int, limits: Limits
) -> np.ndarray | list[bytes]:
    where = f"inputs[0] ({one_line(given.name)[:50]!r})"
    if given.name != PIXELS:
        _refuse(where, f"named {PIXELS!r}", repr(given.name[:50]), "Rename it")
    kinds = {"UINT8": [size, size, 3], "BYTES": []}
    if given.datatype not in kinds:
        _refuse(
            f"{where}: datatype",
            "UINT8 for pixels or BYTES for files",
            repr(given.datatype[:20]),
            "Send one of them",
        )
    shape = given.shape[:1] if given.shape[1:] == [1] else given.shape
    num_pictures, own = (shape[0], shape[1:]) if shape else (0, [])
    expected = kinds[given.datatype]
    if own != expected or not 1 <= num_pictures <= limits.pictures:
        _refuse(
            f"{where}: shape",
            f"{['N', *expected]}, N from 1 to {limits.pictures}".replace("'", ""),
            str(given.shape[:10]),
            "Resize pictures, send fewer at a time, or send files as BYTES",
        )
    announced = given.parameters.get("binary_data_size")
    if announced is not None and announced != len(behind):
        _refuse(
            f"{where}: binary_data_size",
            f"{len(behind)}, the number of bytes behind the JSON",
            repr(announced)[:20],
            "Send both as they are",
        )
    try:
        if given.datatype == "UINT8":
            if announced is not None:
                return tensors.pixels_of_binary(behind, shape)
            return tensors.pixels_of_json(given.data, shape)
        files = (
            tensors.bytes_of_json(given.data)
            if announced is None
            else tensors.bytes_of_binary(behind)
        )
    except ValueError as reason:
        expected_text, _, got = str(reason).partition(", got ")
        _refuse(f"{where}: data", expected_text, got, "Send it so")
    if len(files) != num_pictures:
        _refuse(f"{where}: data", f"{num_pictures} files", str(len(files)), "Send all")
    return files


def _outputs(request: _Request, tasks: Sequence[Task]) -> list[Output]:
    binary = bool(request.parameters.get("binary_data_output", False))
    by_name = {task.name: task for task in tasks}
    if not request.outputs:
        return [Output(task, binary, 0) for task in tasks]
    unknown = [each.name for each in request.outputs if each.name not in by_name]
    if unknown:
        names = ", ".join(by_name)
        _refuse("outputs", f"named {names}", listed(unknown)[:200], "Correct them")
    found = []
    for each in request.outputs:
        task = by_name[each.name]
        num_best = each.parameters.get("classification", 0)
        if not isinstance(num_best, int) or num_best < 0:
            _refuse("classification", "a count", repr(num_best)[:20], "Correct it")
        is_binary = bool(each.parameters.get("binary_data", binary))
        found.append(Output(task, is_binary, min(num_best, task.num_classes)))
    return found


def _refuse(what: str, expected: str, got: str, advice: str) -> NoReturn:
    raise Refusal(
        HTTPStatus.BAD_REQUEST, f"{what} must be {expected}, got {got}. {advice}."
    )


def _sentences(error: ValidationError) -> str:
    """Return what pydantic found, as sentences."""
    found = error.errors(include_url=False, include_input=False)
    sentences = [
        f"{'.'.join(map(str, fault['loc'])) or 'the body'} must be as the Open "
        f"Inference Protocol has it, got: {one_line(fault['msg'])[:100]}."
        for fault in found[:MAX_LISTED]
    ]
    return " ".join([*sentences, "Correct the request."])
