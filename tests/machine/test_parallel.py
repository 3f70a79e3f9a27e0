"""Many items at once: in order, a few at a time, and errors are not lost."""

import functools
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


def square_all(numbers):
    return [number * number for number in numbers]


def refuse_seven_of(numbers):
    if 7 in numbers:
        raise KeyError("seven")
    return numbers


@pytest.fixture(params=["threads", "processes"])
def many(request, monkeypatch):
    """many(function, items): `map_many` where items are few, or where they are many."""
    monkeypatch.setattr(parallel, "MANY", 1 if request.param == "processes" else 10**9)
    monkeypatch.setattr(parallel, "CHUNK", 3)
    return functools.partial(parallel.map_many, what="count", unit="number")


def test_many_results_come_in_the_order_of_the_items(many):
    assert list(many(square_all, list(range(50)))) == square_all(range(50))


def test_nothing_gives_no_results(many):
    assert list(many(square_all, [])) == []


def test_an_error_among_many_reaches_the_caller(many):
    results = many(refuse_seven_of, list(range(100)))
    assert [next(results) for _ in range(6)] == list(range(6))
    with pytest.raises(KeyError, match="seven"):
        list(results)


def test_there_is_at_least_one_core(monkeypatch):
    monkeypatch.undo()
    assert parallel.num_cores() >= 1


def test_there_are_no_more_processes_than_memory_has_room_for(monkeypatch):
    """One needs no process of its own: a function that cannot be sent is called."""
    items = [1, 2, 3]
    free = 2 * parallel.PROCESS_BYTES + 2_000
    monkeypatch.setattr(parallel, "available_memory", lambda: free)
    found = parallel.map_on_cores(lambda item: item * item, items, "", "", 2_000)
    assert list(found) == [1, 4, 9]
    with pytest.raises(Exception, match="pickle"):
        list(parallel.map_on_cores(lambda item: item, items, "", "", 1_000))
