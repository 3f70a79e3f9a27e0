"""Many items at once: in order, a few at a time, and errors are not lost."""

import itertools
import time

import pytest

from headswap.machine import parallel


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(parallel, "num_cores", lambda: 2)


def test_results_come_in_the_order_of_the_items():
    def slow_when_early(item):
        time.sleep(0.002 * (item % 5 == 0))
        return item * item

    results = list(parallel.map_in_order(slow_when_early, range(40)))
    assert results == [item * item for item in range(40)]


def test_no_items_give_no_results():
    assert list(parallel.map_in_order(str, [])) == []


def test_only_a_few_items_are_taken_ahead():
    taken = []

    def endless():
        for item in itertools.count():
            taken.append(item)
            yield item

    results = parallel.map_in_order(str, endless())
    for number in range(50):
        assert next(results) == str(number)
        assert len(taken) <= number + 2 + 4 * 2
    results.close()


def test_an_error_reaches_the_caller_after_the_results_before_it():
    def refuse_seven(item):
        if item == 7:
            raise KeyError("seven")
        return item

    results = parallel.map_in_order(refuse_seven, range(100))
    assert [next(results) for _ in range(7)] == list(range(7))
    with pytest.raises(KeyError, match="seven"):
        next(results)


def test_an_error_of_the_items_themselves_reaches_the_caller():
    def items():
        yield 1
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        list(parallel.map_in_order(str, items()))


def test_there_is_at_least_one_core(monkeypatch):
    monkeypatch.undo()
    assert parallel.num_cores() >= 1
