"""Servers to test: a model that answers at once, behind a real port or none."""

import asyncio
import struct
import threading
import zlib
from contextlib import contextmanager
from types import SimpleNamespace

import httpx
import numpy as np
import uvicorn

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.model.decisions import Decisions
from headswap.use.predict.predictor import Predictor
from headswap.use.predict.said import Said
from headswap.use.serve.app import build_app
from headswap.use.serve.guard import names_of
from headswap.use.serve.limits import Limits
from headswap.use.serve.running import listen
from headswap.use.serve.service import Service

SIZE = 8
TASKS = (
    Task("shape", "multiclass", ("round", "square", "other")),
    Task("tags", "multilabel", ("big", "old")),
)
BYTES = {"content-type": "application/octet-stream"}


class Brightness(Predictor):
    """A model whose first class is as probable as a picture is bright.

    Black is unlike what it was fitted to, and most like night.png.
    """

    def __init__(self, tasks=TASKS):
        self.tasks, self._relations = tasks, ()
        self.bundle = SimpleNamespace(image_size=SIZE, resize="squash", depth=None)
        self.decisions = Decisions({}, {"tags": np.array([0.4, 0.6])}, "independent")

    def probabilities(self, pictures):
        bright = pictures.mean(axis=(1, 2, 3)) / 255
        rest = [(1 - bright) / (task.num_classes - 1) for task in self.tasks]
        return {
            task.name: np.stack([bright, *[each] * (task.num_classes - 1)], axis=1)
            for task, each in zip(self.tasks, rest, strict=True)
        }

    def say(self, pictures):
        is_black = pictures.max(axis=(1, 2, 3)) == 0
        nearest = ["night.png"] * len(pictures)
        return Said(self.probabilities(pictures), {"shape": is_black}, nearest)


def make_service(predictor=None, **limits):
    return Service(predictor or Brightness(), Limits(**limits))


def ask(service, *requests, host="127.0.0.1"):
    """The answers to requests, (method, address, options), asked all at a time."""
    app = build_app(service, "headswap", names_of(host))

    async def all_at_once():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        address = "http://localhost"
        async with httpx.AsyncClient(transport=transport, base_url=address) as client:
            asked = (client.request(*each[:2], **each[2]) for each in requests)
            return await asyncio.gather(*asked)

    return asyncio.run(all_at_once())


@contextmanager
def served(service):
    """The address of a real server, in a thread of this process."""
    listening = listen("127.0.0.1", 0)
    app = build_app(service, "headswap", names_of("127.0.0.1"))
    config = uvicorn.Config(app, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        service.stop()


def claim_png(width, height):
    """A PNG whose head claims these sides, with next to no pixels in it."""

    def chunk(kind, content):
        check = zlib.crc32(kind + content)
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in parts)
