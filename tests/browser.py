"""Pages as Chromium draws them; Debian's package `chromium` is enough."""

import io
import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium: apt-get install chromium"
)
# As Chromium counts them.
SCHEMES = {"dark": 0, "light": 1}


def screenshot(page, folder, width, scheme):
    """What Chromium draws of a page, (H, W, 3) uint8; its files go to a folder."""
    picture = folder / f"{width}-{scheme}.png"
    subprocess.run(
        [
            CHROMIUM,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={folder / 'browser'}",
            f"--window-size={width},6000",
            f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with Image.open(io.BytesIO(picture.read_bytes())) as image:
        return np.asarray(image.convert("RGB"))


def require_drawn(shown, width, scheme):
    """Check that a page fits its window and can be read on its ground."""
    shown = shown.astype(int)
    assert shown.shape[1] == width
    ground = shown[2, 2]
    assert (ground.mean() < 60) == (scheme == "dark")
    # Nothing reaches either edge: nothing is wider than the window.
    for edge in (shown[:, :8], shown[:, -8:]):
        assert (edge == ground).all()
    # Text, and on its ground it can be read.
    contrast = np.abs(shown - ground).max(axis=2)
    assert (contrast > 150).mean() > 0.002


class Tab:
    """A page that is open in Chromium, by its DevTools protocol.

    Source: "Chrome DevTools Protocol", `--remote-debugging-pipe`.
    """

    def __init__(self, to_browser, from_browser):
        self._to, self._from = to_browser, from_browser
        self._number, self._session = 0, None
        self.complaints = []

    def open(self, address, width):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM"):
            self.call(f"{domain}.enable")
        sides = {"width": width, "height": 900, "deviceScaleFactor": 1}
        self.call("Emulation.setDeviceMetricsOverride", **sides, mobile=False)
        self.call("Page.navigate", url=address)

    def call(self, method, **options):
        """What a method of the protocol gives; complaints of the page are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": options}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while True:
            answer = json.loads(self._read())
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            if answer.get("method") == "Log.entryAdded":
                self.complaints.append(answer["params"]["entry"]["text"])
            if answer.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(str(answer["params"]["exceptionDetails"]))

    def _read(self):
        message = bytearray()
        while (byte := self._from.read(1)) != b"\0":
            assert byte, "Chromium has ended"
            message += byte
        return message

    def value(self, expression):
        """What an expression of JavaScript gives."""
        options = {"expression": expression, "returnByValue": True}
        return self.call("Runtime.evaluate", **options)["result"].get("value")

    def wait_for(self, expression, seconds=60):
        end = time.monotonic() + seconds
        while not (value := self.value(expression)):
            assert time.monotonic() < end, f"{expression}: never; {self.complaints}"
            time.sleep(0.05)
        return value

    def choose_files(self, selector, paths):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        found = self.call("DOM.querySelector", nodeId=root, selector=selector)
        files = [str(path) for path in paths]
        self.call("DOM.setFileInputFiles", files=files, nodeId=found["nodeId"])


@contextmanager
def opened(address, folder, width):
    """A tab with a page; the browser's files go to a folder."""
    ends = [*os.pipe(), *os.pipe()]
    read_there, write_here, read_here, write_there = ends

    def connect():
        # Above those two, so that neither is overwritten before it is copied.
        first, second = (os.dup(end) for end in (read_there, write_there))
        os.dup2(first, 3)
        os.dup2(second, 4)

    process = subprocess.Popen(
        [
            CHROMIUM,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'browser'}",
            "--remote-debugging-pipe",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        close_fds=False,
        preexec_fn=connect,
    )
    os.close(read_there)
    os.close(write_there)
    try:
        with open(write_here, "wb") as to, open(read_here, "rb") as come_from:
            tab = Tab(to, come_from)
            tab.open(address, width)
            yield tab
    finally:
        process.terminate()
        process.wait(60)
