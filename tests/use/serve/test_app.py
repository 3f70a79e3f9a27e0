"""What is answered at which address, and what is refused, with words."""

import base64
import io
import json
from threading import Event

import numpy as np
import pytest
from PIL import Image

from headswap.artifacts.dataset.tasks import Task
from headswap.use.serve.page import build_page
from tests.serving import BYTES, SIZE, Brightness, ask, claim_png, make_service

INFER = "/v2/models/headswap/infer"


@pytest.fixture(scope="module")
def service():
    service = make_service(megabytes=0.05, megapixels=1)
    yield service
    service.stop()


@pytest.fixture(scope="module")
def grey(encode):
    return encode(np.full((20, 30, 3), 51, np.uint8))


def predict(content, **headers):
    return ("POST", "/predict", {"content": content, "headers": BYTES | headers})


def error_of(response):
    (sentence,) = response.json().values()
    assert sentence.endswith(".")
    return response.status_code, sentence


def test_the_addresses_of_the_protocol(service):
    paths = ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/headswap"]
    paths += ["/v2/models/headswap/ready", "/v2/models/other", "/v2/models/other/ready"]
    found = ask(service, *(("GET", path, {}) for path in paths))
    assert [each.status_code for each in found] == [200] * 5 + [404] * 2
    assert found[0].json()["name"] == "headswap"
    assert found[1].json()["live"] and found[2].json()["ready"]
    assert found[4].json() == {"name": "headswap", "ready": True}
    assert "must be 'headswap', got 'other'" in error_of(found[5])[1]


def test_a_picture_and_its_pixels_have_the_same_probabilities(service, grey):
    text = base64.b64encode(grey).decode()
    pixels = np.full((1, SIZE, SIZE, 3), 51)
    tensors = [
        {"datatype": "BYTES", "shape": [1], "data": [text]},
        {"datatype": "UINT8", "shape": pixels.shape, "data": pixels.ravel().tolist()},
    ]
    bodies = [{"inputs": [{"name": "pixels", **each}]} for each in tensors]
    plain, *inferred = ask(
        service, predict(grey), *(("POST", INFER, {"json": each}) for each in bodies)
    )
    best = {
        each["class"]: each["probability"]
        for each in plain.json()["tasks"]["tags"]["top"]
    }
    assert best == {"old": 0.8, "big": 0.2}
    assert plain.json()["tasks"]["tags"]["classes"] == ["old"]
    for each in inferred:
        tags = each.json()["outputs"][1]["data"]
        assert tags == pytest.approx([0.2, 0.8], abs=1e-6)


def test_an_explanation_is_a_picture_a_task(service, grey):
    (found,) = ask(service, ("POST", "/explain", {"content": grey}))
    assert found.json()["tasks"].keys() == {"shape", "tags"}
    of_tags = found.json()["tasks"]["tags"]
    assert of_tags["class"] == "old"
    content = base64.b64decode(
        of_tags["picture"].removeprefix("data:image/png;base64,")
    )
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (SIZE, SIZE)


@pytest.mark.parametrize("is_black", [True, False])
def test_what_is_unlike_the_training_pictures_is_told(service, grey, encode, is_black):
    black = encode(np.zeros((SIZE, SIZE, 3), np.uint8))
    (found,) = ask(service, predict(black if is_black else grey))
    said = found.json()
    assert said["tasks"]["shape"]["unlike"] is is_black
    assert said["tasks"]["tags"]["unlike"] is None
    assert said["nearest"] == "night.png"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (claim_png(10_000, 10_000), "more than 1 megapixels (10,000 x 10,000)"),
        (claim_png(40_000, 40_000), "more than 1 megapixels (40,000 x 40,000)"),
        (claim_png(900, 900), "damaged PNG"),
        (b"GIF89a", "damaged GIF"),
        (b"<html>", "no image"),
    ],
)
def test_what_cannot_be_read_is_told(service, content, expected):
    (found,) = ask(service, predict(content))
    status, sentence = error_of(found)
    assert status == 422
    assert expected in sentence


def test_a_picture_cut_short_is_told_by_its_place(service, grey):
    texts = [base64.b64encode(each).decode() for each in (grey, grey[:-20])]
    tensor = {"name": "pixels", "datatype": "BYTES", "shape": [2], "data": texts}
    (found,) = ask(service, ("POST", INFER, {"json": {"inputs": [tensor]}}))
    status, sentence = error_of(found)
    assert status == 422
    assert "got pixels[1]: damaged PNG" in sentence


async def in_pieces():
    for _ in range(100):
        yield bytes(1000)


@pytest.mark.parametrize(
    ("content", "headers", "expected"),
    [
        (bytes(60_000), {}, (413, "at most 0.05 MB")),
        (in_pieces(), {}, (413, "at most 0.05 MB")),
        (b"", {}, (422, "got nothing")),
        (b"a", {"content-type": "multipart/form-data"}, (415, "Content-Type")),
        (b"a", {"content-type": "application/json"}, (415, "Content-Type")),
        (b"a", {"content-encoding": "gzip"}, (415, "Content-Encoding")),
        (b"a", {"sec-fetch-site": "cross-site"}, (403, "Origin")),
        (b"a", {"origin": "https://elsewhere.example"}, (403, "elsewhere.example")),
        (b"a", {"origin": "null"}, (403, "null")),
        (b"a", {"host": "elsewhere.example:8000"}, (421, "elsewhere.example")),
        (b"a", {"host": ""}, (421, "Host")),
    ],
)
def test_what_is_not_taken_is_told(service, content, headers, expected):
    (found,) = ask(service, predict(content, **headers))
    status, sentence = error_of(found)
    assert status == expected[0]
    assert expected[1] in sentence
    assert found.headers["content-security-policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "localhost:1234"},
        {"host": "[::1]:80"},
        {"sec-fetch-site": "same-origin", "origin": "https://by.a.proxy"},
        {"origin": "http://localhost"},
    ],
)
def test_the_own_page_and_programs_are_answered(service, grey, headers):
    (found,) = ask(service, predict(grey, **headers))
    assert found.status_code == 200


def test_other_machines_may_ask_by_any_name_where_they_are_served(service, grey):
    (found,) = ask(service, predict(grey, host="models.example"), host="0.0.0.0")
    assert found.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/predict", 405),
        ("GET", "/docs", 404),
        ("GET", "/../params.yaml", 404),
        ("POST", "/predict?top=0", 422),
    ],
)
def test_an_address_that_is_none_is_told(service, method, path, status):
    (found,) = ask(service, (method, path, {}))
    assert error_of(found)[0] == status


class Blocked(Brightness):
    def __init__(self):
        super().__init__()
        self.go = Event()

    def probabilities(self, pictures):
        self.go.wait(0.3)
        return super().probabilities(pictures)


def test_more_than_may_wait_are_asked_to_come_again(grey):
    service = make_service(Blocked(), waiting=2)
    found = ask(service, *[predict(grey)] * 5)
    refused = [each for each in found if each.status_code != 200]
    assert len(refused) == 3
    status, sentence = error_of(refused[0])
    assert status == 429
    assert "at most 2, got one more" in sentence
    assert refused[0].headers["retry-after"] == "1"
    # Their places are free again.
    assert ask(service, predict(grey))[0].status_code == 200
    service.stop()


def test_an_answer_that_takes_too_long_is_told(grey):
    service = make_service(Blocked(), seconds=0.05)
    (found,) = ask(service, predict(grey))
    status, sentence = error_of(found)
    assert status == 503
    assert "at most 0.05 s" in sentence
    service.stop()


def test_a_fault_of_our_own_is_told_without_its_insides(grey):
    class Broken(Brightness):
        def probabilities(self, pictures):
            raise RuntimeError("a secret")

    service = make_service(Broken())
    (found,) = ask(service, predict(grey))
    status, sentence = error_of(found)
    assert status == 500
    assert "RuntimeError" in sentence and "secret" not in sentence
    service.stop()


def test_the_page_runs_its_own_script_alone_and_is_made_of_texts(service):
    evil = "<script>alert(1)</script>"
    page = build_page(Brightness((Task(evil, "multiclass", (evil, "b")),) * 2))
    assert evil not in page
    assert page.count("<script") == 1
    assert " style=" not in page and "<style" not in page and " on" not in page
    found = ask(
        service,
        *(("GET", path, {}) for path in ("/", "/page.css", "/try.css", "/try.js")),
    )
    kinds = [each.headers["content-type"].split(";")[0] for each in found]
    assert kinds == ["text/html", "text/css", "text/css", "text/javascript"]
    policy = found[0].headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy
    assert found[0].headers["x-content-type-options"] == "nosniff"
    for each in found:
        assert "http://" not in each.text and "https://" not in each.text


def test_the_script_learns_of_thresholds_and_limits(service):
    (found,) = ask(service, ("GET", "/model", {}))
    facts = json.loads(found.text)
    assert facts["megabytes"] == 0.05
    assert facts["tasks"][0]["thresholds"] == {}
    assert facts["tasks"][1]["thresholds"] == {"big": 0.4, "old": 0.6}
