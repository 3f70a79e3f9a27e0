"""Requests turned into answers, within limits.

In: the bytes of pictures, or arrays. Out: probabilities and explanations. Reading
pictures has a thread a core, the model one of its own, explanations another one; the
event loop only waits for them.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http import HTTPStatus
from threading import Event, Semaphore
from typing import TypeVar

import numpy as np
from PIL import Image

from headswap.machine.parallel import num_cores
from headswap.pictures.decode import FORMATS
from headswap.use.explain import find_evidence
from headswap.use.predict.predictor import Predictor
from headswap.use.predict.said import Said
from headswap.use.serve.computing import Computer
from headswap.use.serve.limits import MEGA, Limits, Refusal

Result = TypeVar("Result")

# A picture of so many pixels may take hundreds of megabytes while it is read, however
# few its file has; so only a few of them are read at a time.
_LARGE, _LARGE_AT_ONCE = 16 * MEGA, 2


class Service:
    """A bundle, ready for requests.

    Args:
        predictor: the bundle.
        limits: what it takes.
    """

    def __init__(self, predictor: Predictor, limits: Limits):
        self.predictor = predictor
        self.limits = limits
        self._computer = Computer(predictor.say)
        self._readers = ThreadPoolExecutor(num_cores(), "read")
        # One at a time: each is hundreds of pictures to the model.
        self._explainer = ThreadPoolExecutor(1, "explain")
        self._large = Semaphore(_LARGE_AT_ONCE)
        self._num_admitted = 0

    def warm_up(self) -> None:
        """Load all that the first request would else wait for."""
        size = self.predictor.bundle.image_size
        self._computer.submit(np.zeros((1, size, size, 3), np.uint8)).result()

    def stop(self) -> None:
        """Let its threads end."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._explainer.shutdown(wait=False, cancel_futures=True)
        self._computer.stop()

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[None]:
        """Hold one of the places of those who wait, for no longer than the limit.

        Raises:
            Refusal: all are taken, or time is up.
        """
        if self._num_admitted >= self.limits.waiting:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"the number of requests that wait must be at most "
                f"{self.limits.waiting}, got one more. Ask again in a second.",
            )
        self._num_admitted += 1
        try:
            async with asyncio.timeout(self.limits.seconds):
                yield
        except TimeoutError:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"the time of a request must be at most {self.limits.seconds:g} s, got "
                "no answer in it. Send less at a time, or ask again later.",
            ) from None
        finally:
            self._num_admitted -= 1

    async def in_thread(self, function: Callable[[], Result]) -> Result:
        """Return what a function does that would hold up the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, function)

    async def read(self, contents: Sequence[bytes]) -> list[np.ndarray | str]:
        """Return each picture as the model takes it, or why it cannot be read."""
        reading = (
            self.in_thread(lambda content=content: self._read(content))  # type: ignore[misc]
            for content in contents
        )
        return await asyncio.gather(*reading)

    def _read(self, content: bytes) -> np.ndarray | str:
        width, height = _sides(content)
        if width * height > self.limits.megapixels * MEGA:
            most = f"{self.limits.megapixels:g} megapixels"
            return f"more than {most} ({width:,} x {height:,})"
        if width * height < _LARGE:
            return self.predictor.read(content)
        with self._large:
            return self.predictor.read(content)

    async def compute(self, pictures: np.ndarray) -> Said:
        """Return what the model says of (N, S, S, 3) uint8."""
        return await asyncio.wrap_future(self._computer.submit(pictures))

    async def explain(
        self, picture: np.ndarray, classes: Mapping[str, int]
    ) -> Mapping[str, np.ndarray]:
        """Return the evidence for a class of each task, (S, S).

        Args:
            picture: (S, S, 3) uint8.
            classes: the place of the class, by task.
        """
        model = _Waiting(self._computer)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(
                self._explainer, find_evidence, model, picture, dict(classes)
            )
        finally:
            model.is_over.set()


class _Waiting:
    """A model that waits its turn; so requests come in between."""

    def __init__(self, computer: Computer):
        self._computer = computer
        self.is_over = Event()

    def probabilities(self, pictures: np.ndarray) -> Mapping[str, np.ndarray]:
        if self.is_over.is_set():
            raise InterruptedError("nobody waits for it any more")
        return self._computer.submit(pictures).result().probabilities


def _sides(content: bytes) -> tuple[int, int]:
    """Return the sides that the head of a picture tells; nothing is decoded."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            return image.size
    # Who reads it whole says what is wrong.
    except Exception:
        return 0, 0
