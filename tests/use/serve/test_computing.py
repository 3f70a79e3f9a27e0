"""Pictures of many requests, computed together."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest

from headswap.use.predict.said import Said
from headswap.use.serve.computing import Computer


def picture(value):
    return np.full((1, 2, 2, 3), value, np.uint8)


def first_pixel(pictures):
    found = {"task": pictures[:, 0, 0, :1].astype(float)}
    return Said(found, {}, [None] * len(pictures))


class Held:
    """A model that waits to be let go, and counts what it was asked."""

    def __init__(self):
        self.go, self.begun, self.asked = Event(), Event(), []

    def __call__(self, pictures):
        self.begun.set()
        self.go.wait(10)
        self.asked.append(len(pictures))
        return first_pixel(pictures)


def test_each_request_gets_its_own_rows():
    computer = Computer(first_pixel)
    sent = [np.concatenate([picture(k)] * (1 + k % 3)) for k in range(200)]
    with ThreadPoolExecutor(8) as pool:
        futures = list(pool.map(computer.submit, sent))
    for value, future in enumerate(futures):
        assert future.result(10).probabilities["task"].tolist() == [[value]] * (
            1 + value % 3
        )
    computer.stop()


def test_what_waits_is_computed_in_one_step_and_not_what_nobody_waits_for():
    model = Held()
    computer = Computer(model)
    first = computer.submit(picture(0))
    assert model.begun.wait(10)
    others = [computer.submit(picture(number)) for number in range(1, 6)]
    assert others[2].cancel()
    computer.stop()
    model.go.set()
    assert [
        each.result(10).probabilities["task"].item() for each in (first, others[4])
    ] == [0, 5]
    assert model.asked == [1, 4]


def test_a_failure_is_told_and_the_next_request_answered():
    def fail(pictures):
        if pictures.max() == 0:
            raise MemoryError
        return first_pixel(pictures)

    computer = Computer(fail)
    with pytest.raises(MemoryError):
        computer.submit(picture(0)).result(10)
    assert computer.submit(picture(7)).result(10).probabilities["task"].item() == 7
    computer.stop()
