"""A server as it runs: behind a port, under load, stopped, and in a browser."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

import headswap
from headswap.cli import main
from tests.browser import needs_chromium, opened
from tests.bundles import make_bundle
from tests.serving import BYTES, ask, claim_png, make_service, served

NUM_REQUESTS, AT_ONCE = 200, 20


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("bundle"))


def test_probabilities_are_those_of_predict(bundle, draw, encode):
    files = [encode(draw(seed, 30 + seed, 40)) for seed in range(3)]
    predictor = headswap.load(bundle)
    expected = list(predictor.predict(files))
    service = make_service(predictor)
    url = "/predict?top=9"
    found = ask(service, *(("POST", url, {"content": each}) for each in files))
    for said, prediction in zip(found, expected, strict=True):
        for task in predictor.tasks:
            own = said.json()["tasks"][task.name]
            assert own["classes"] == prediction.classes[task.name]
            best = {each["class"]: each["probability"] for each in own["top"]}
            values = [best[name] for name in task.class_names]
            np.testing.assert_allclose(
                values, prediction.probabilities[task.name], atol=1e-6
            )
    service.stop()


def grey(encode, value):
    return encode(np.full((9, 9, 3), value, np.uint8))


def test_many_at_a_time_each_get_their_own_answer(encode, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    hostile = [
        (claim_png(10_000, 10_000), 422),
        (claim_png(60_000, 60_000), 422),
        (grey(encode, 9)[:50], 422),
        (bytes(300_000), 413),
    ]
    service = make_service(megabytes=0.2, megapixels=1)

    def request(number):
        if number % 5 == 4:
            content, status = hostile[number // 5 % len(hostile)]
        else:
            content, status = grey(encode, number % 256), 200
        said = client.post("/predict", content=content, headers=BYTES)
        return said.status_code == status, said.json(), number, status

    with served(service) as url, httpx.Client(base_url=url, timeout=60) as client:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(request, range(NUM_REQUESTS)))
        assert client.get("/v2/health/ready").status_code == 200
    for is_expected, said, number, status in answers:
        assert is_expected, (number, said)
        if status == 200:
            best = {
                each["class"]: each["probability"]
                for each in said["tasks"]["tags"]["top"]
            }
            assert best["big"] == pytest.approx(number % 256 / 255, abs=1e-6)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_what_was_accepted_before_the_end_is_answered(bundle, draw, encode):
    """Half a picture is sent before the server is told to end, half after it."""
    picture = encode(draw(0, 40, 40))
    command = "from headswap.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "serve", str(bundle), "--port", "0"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = process.stdout.readline()
    port = int(said.split("http://127.0.0.1:")[1].split()[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("POST", "/predict")
    connection.putheader("Content-Length", str(len(picture)))
    connection.endheaders(picture[:500])
    # A second request, answered, says that the first has arrived.
    assert httpx.get(f"http://127.0.0.1:{port}/v2/health/live").json()["live"]
    process.send_signal(signal.SIGTERM)
    threading.Event().wait(0.5)
    connection.send(picture[500:])
    answer = connection.getresponse()
    assert answer.status == 200
    assert json.load(answer)["tasks"].keys() == {"shape", "tags"}
    connection.close()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    # TensorFlow, which makes OpenVINO's form of the network, may have said something.
    assert errors.splitlines()[-1] == "interrupted: what was accepted is answered"
    assert "Traceback" not in errors


def test_an_address_that_is_taken_is_told(bundle):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(SystemExit, match=f"--port must be .*{port}: .* in use"):
            main(["serve", str(bundle), "--port", port])


@pytest.mark.parametrize("port", ["65536", "-1"])
def test_a_port_that_is_none_is_told(bundle, port):
    with pytest.raises(SystemExit, match=f"from 0 to 65535, got {port}"):
        main(["serve", str(bundle), f"--port={port}"])


def test_limits_that_are_none_are_told_all_at_once(bundle):
    arguments = ["serve", str(bundle), "--waiting", "0", "--seconds", "nan"]
    with pytest.raises(SystemExit, match=r"--seconds.* nan\..*\n--waiting: .* got 0\."):
        main(arguments)


def test_a_package_that_is_missing_is_told(bundle, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(SystemExit, match=r"got none of uvicorn\..*headswap\[serve\]"):
        main(["serve", str(bundle)])


CARDS = "[...document.querySelectorAll('#results > li')].map((card) => card.innerText)"
ANSWERED = "document.querySelectorAll('#results .bars, #results .note').length === 3"


@needs_chromium
@pytest.mark.slow
def test_a_browser_shows_classes_reasons_and_evidence(encode, tmp_path):
    (tmp_path / "<b>dark.png").write_bytes(grey(encode, 51))
    (tmp_path / "broken.png").write_bytes(grey(encode, 51)[:50])
    service = make_service()
    with served(service) as url, opened(url, tmp_path, 420) as tab:
        tab.wait_for("document.readyState === 'complete'")
        tab.choose_files("#files", sorted(tmp_path.glob("*.png")))
        tab.wait_for(ANSWERED)
        dark, broken = tab.value(CARDS)
        for text in ("old", "80.0 %", "20.0 %", "<b>dark.png", "Why?"):
            assert text in dark
        assert "got damaged PNG" in broken
        tab.value("document.querySelector('.foot .second').click()")
        tab.wait_for("document.querySelectorAll('.maps img').length === 2")
        assert tab.value("document.documentElement.scrollWidth") <= 420
        assert tab.value("document.querySelectorAll('b').length") == 0
        # That a picture was refused is all the browser has to complain of.
        assert all("422" in each for each in tab.complaints)
        tab.value("document.getElementById('clear').click()")
        assert tab.value(CARDS) == []
