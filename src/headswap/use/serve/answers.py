"""The Open Inference Protocol over HTTP: answers, and what a server says of itself.

In: what was asked, and probabilities. Out: the body of an answer with its headers.

Source: as `protocol`.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from headswap.artifacts.dataset.tasks import Task
from headswap.use.serve import tensors
from headswap.use.serve.protocol import HEADER_LENGTH, PIXELS, Asked, Output

EXTENSIONS = ("binary_tensor_data", "classification")


def answer(
    name: str, asked: Asked, probabilities: Mapping[str, np.ndarray]
) -> tuple[bytes, dict[str, str]]:
    """Return the body of an answer, and its headers.

    Args:
        name: of the model.
        asked: the request.
        probabilities: (N, C) by task.
    """
    outputs, behind = [], []
    for output in asked.outputs:
        values = probabilities[output.task.name].astype(np.float32)
        elements: Any = values.ravel()
        if output.num_best:
            elements = _best(values, output)
        facts: dict[str, Any] = {
            "name": output.task.name,
            "datatype": "BYTES" if output.num_best else "FP32",
            "shape": [len(values), output.num_best or output.task.num_classes],
        }
        if output.is_binary:
            behind.append(tensors.to_binary(elements))
            facts["parameters"] = {"binary_data_size": len(behind[-1])}
        else:
            facts["data"] = list(map(_plain, elements))
        outputs.append(facts)
    given = {} if asked.id is None else {"id": asked.id}
    text = json.dumps({"model_name": name, **given, "outputs": outputs}).encode()
    if not behind:
        return text, {"content-type": "application/json"}
    headers = {
        "content-type": "application/octet-stream",
        HEADER_LENGTH: str(len(text)),
    }
    return b"".join([text, *behind]), headers


def _plain(element: Any) -> float | str:
    return element if isinstance(element, str) else float(element)


def _best(values: np.ndarray, output: Output) -> list[str]:
    """Return the best classes of each picture, as `probability:place:name`."""
    best = np.argsort(-values, axis=1, kind="stable")[:, : output.num_best]
    names = output.task.class_names
    return [
        f"{row[place]:.6f}:{place}:{names[place]}"
        for row, places in zip(values, best, strict=True)
        for place in places
    ]


def model_metadata(name: str, tasks: Sequence[Task], size: int) -> dict[str, Any]:
    """Return what the protocol says of a model, and the names of its classes."""
    return {
        "name": name,
        "platform": "headswap",
        "inputs": [{"name": PIXELS, "datatype": "UINT8", "shape": [-1, size, size, 3]}],
        "outputs": [
            {
                "name": task.name,
                "datatype": "FP32",
                "shape": [-1, task.num_classes],
                "labels": list(task.class_names),
            }
            for task in tasks
        ],
    }


def server_metadata() -> dict[str, Any]:
    """Return what the protocol says of a server."""
    own = version("headswap")
    return {"name": "headswap", "version": own, "extensions": list(EXTENSIONS)}
