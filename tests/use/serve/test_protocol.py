"""The Open Inference Protocol, read and written without a server."""

import base64
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.use.serve.answers import answer, model_metadata
from headswap.use.serve.limits import Limits, Refusal
from headswap.use.serve.protocol import HEADER_LENGTH, parse
from tests.serving import TASKS

SIZE = 2
LIMITS = Limits(pictures=4)
FILES = [b"one", b"", b"\x00\xff three"]


def body_of(tensor, behind=b"", **more):
    """(body, length of its JSON) of a request with one input."""
    text = json.dumps({"inputs": [{"name": "pixels", **tensor}], **more}).encode()
    return text + behind, str(len(text))


def understood(tensor, behind=b"", **more):
    return parse(*body_of(tensor, behind, **more), TASKS, SIZE, LIMITS)


def pixels(number):
    random = np.random.default_rng(number)
    return random.integers(0, 256, (number, SIZE, SIZE, 3), np.uint8)


@given(st.integers(1, 4), st.sampled_from(["flat", "nested", "binary"]))
def test_pixels_come_as_they_were_sent(number, form):
    sent = pixels(number)
    tensor = {"datatype": "UINT8", "shape": sent.shape}
    behind = b""
    if form == "binary":
        behind = sent.tobytes()
        tensor["parameters"] = {"binary_data_size": len(behind)}
    else:
        tensor["data"] = (sent.ravel() if form == "flat" else sent).tolist()
    found = understood(tensor, behind).pictures
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, sent)


@pytest.mark.parametrize("shape", [[3], [3, 1]])
@pytest.mark.parametrize("is_binary", [True, False])
def test_files_come_as_they_were_sent(shape, is_binary):
    tensor = {"datatype": "BYTES", "shape": shape}
    behind = b""
    if is_binary:
        behind = b"".join(struct.pack("<I", len(each)) + each for each in FILES)
        tensor["parameters"] = {"binary_data_size": len(behind)}
    else:
        texts = [base64.b64encode(each).decode() for each in FILES]
        tensor["data"] = texts if len(shape) == 1 else [[each] for each in texts]
    assert understood(tensor, behind).pictures == FILES


ZEROS = [0] * 12
RIGHT = {"datatype": "UINT8", "shape": [1, 2, 2, 3], "data": ZEROS}
FAULTS = {
    "named 'pixels'": RIGHT | {"name": "image"},
    "datatype must be UINT8": RIGHT | {"datatype": "FP32"},
    "shape must be [N, 2, 2, 3], N from 1 to 4, got [5, 2,": RIGHT
    | {"shape": [5, 2, 2, 3]},
    "got [0, 2, 2, 3]": RIGHT | {"shape": [0, 2, 2, 3]},
    "got [-1, 2, 2, 3]": RIGHT | {"shape": [-1, 2, 2, 3]},
    "got [1, 3, 2, 2]": RIGHT | {"shape": [1, 3, 2, 2]},
    "got []": RIGHT | {"shape": []},
    "12 numbers for its shape, got 11": RIGHT | {"data": ZEROS[1:]},
    "whole numbers, got float64": RIGHT | {"data": [0.5, *ZEROS[1:]]},
    "whole numbers, got bool": RIGHT | {"data": [True] * 12},
    "whole numbers, got object": RIGHT | {"data": [10**30, *ZEROS[1:]]},
    "numbers of 0 to 255, got -1..0": RIGHT | {"data": [-1, *ZEROS[1:]]},
    "numbers of 0 to 255, got 0..256": RIGHT | {"data": [256, *ZEROS[1:]]},
    "lists of equal lengths": RIGHT | {"data": [[0], [0, 0]]},
    "binary_data_size must be 0": RIGHT | {"parameters": {"binary_data_size": 12}},
    "base64": {"datatype": "BYTES", "shape": [1], "data": ["not base64!"]},
    "must be 2 files, got 1": {"datatype": "BYTES", "shape": [2], "data": ["AAAA"]},
    "outputs must be named shape, tags, got colour": RIGHT
    | {"more": {"outputs": [{"name": "colour"}]}},
    "classification must be": RIGHT
    | {"more": {"outputs": [{"name": "tags", "parameters": {"classification": "2"}}]}},
    "inputs.0.name must be as": RIGHT | {"name": 3},
    "inputs must be as": RIGHT | {"more": {"inputs": []}},
}


@pytest.mark.parametrize("expected", FAULTS)
def test_what_is_not_as_it_must_be_is_told(expected):
    tensor = dict(FAULTS[expected])
    with pytest.raises(Refusal) as raised:
        understood(tensor, **tensor.pop("more", {}))
    assert raised.value.status == 400
    assert expected in str(raised.value)
    assert str(raised.value).endswith(".")


@given(st.binary(max_size=60), st.sampled_from(["", "0", "9", "-1", "99999", "x"]))
def test_any_bytes_are_refused_with_words(body, length):
    with pytest.raises(Refusal, match=r"must be .*\.$"):
        parse(body, length, TASKS, SIZE, LIMITS)


@given(st.binary(max_size=30), st.sampled_from(["BYTES", "UINT8"]))
def test_any_binary_tensor_is_read_or_refused(behind, datatype):
    shape = [1] if datatype == "BYTES" else [1, SIZE, SIZE, 3]
    parameters = {"binary_data_size": len(behind)}
    tensor = {"datatype": datatype, "shape": shape, "parameters": parameters}
    try:
        found = understood(tensor, behind).pictures
    except Refusal:
        return
    assert sum(map(len, found)) <= len(behind)


def test_json_nested_beyond_reason_is_refused():
    with pytest.raises(Refusal, match="Open Inference Protocol"):
        parse(b'{"inputs":' + b"[" * 100_000, "", TASKS, SIZE, LIMITS)


PROBABILITIES = {
    "shape": np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]),
    "tags": np.array([[0.25, 0.75], [1.0, 0.0]]),
}


def outputs_of(outputs, **more):
    asked = understood(RIGHT, outputs=outputs, **more)
    body, headers = answer("name", asked, PROBABILITIES)
    length = int(headers.get(HEADER_LENGTH, len(body)))
    return json.loads(body[:length]), body[length:]


def test_an_answer_has_its_id_and_every_task():
    answered, behind = outputs_of(None, id="42")
    assert (answered["model_name"], answered["id"], behind) == ("name", "42", b"")
    for output, task in zip(answered["outputs"], TASKS, strict=True):
        assert output["name"] == task.name
        assert output["datatype"] == "FP32"
        values = np.reshape(output["data"], output["shape"])
        np.testing.assert_allclose(values, PROBABILITIES[task.name], atol=1e-7)


def test_a_binary_answer_has_the_same_numbers():
    answered, behind = outputs_of(None, parameters={"binary_data_output": True})
    numbers = np.frombuffer(behind, "<f4")
    both = np.concatenate([each.ravel() for each in PROBABILITIES.values()])
    np.testing.assert_allclose(numbers, both, atol=1e-7)
    lengths = [each["parameters"]["binary_data_size"] for each in answered["outputs"]]
    assert sum(lengths) == len(behind)


def test_the_best_classes_come_by_name_when_asked_for():
    of_tags = {"name": "tags", "parameters": {"classification": 9}}
    of_shape = {"name": "shape", "parameters": {"classification": 1}}
    answered, _ = outputs_of([of_tags, of_shape])
    tags, shape = answered["outputs"]
    assert (tags["datatype"], tags["shape"]) == ("BYTES", [2, 2])
    assert tags["data"][:2] == ["0.750000:1:old", "0.250000:0:big"]
    assert shape["data"] == ["0.700000:1:square", "0.500000:0:round"]
    of_shape["parameters"]["binary_data"] = True
    _, behind = outputs_of([of_shape])
    assert behind[:21] == struct.pack("<I", 17) + b"0.700000:1:square"


def test_metadata_name_the_input_and_the_classes():
    facts = model_metadata("name", TASKS, SIZE)
    assert facts["inputs"][0]["shape"] == [-1, SIZE, SIZE, 3]
    shapes = {
        each["name"]: (each["shape"], each["labels"]) for each in facts["outputs"]
    }
    assert shapes["tags"] == ([-1, 2], ["big", "old"])
