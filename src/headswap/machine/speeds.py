"""How fast this machine computes, as measured: rows a second, in the user's store.

For forecasts alone: no result depends on it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from time import monotonic
from typing import TypeVar

from headswap.machine.store import Store

Row = TypeVar("Row")
KIND = "speeds"
# Fewer rows say more of how a computation starts than of how it goes on.
FEWEST_ROWS = 100


def measured(
    rows: Iterable[Row], store: Store, what: Sequence[object], num_first: int
) -> Iterator[Row]:
    """Yield rows as they are computed, and keep how many a second it were.

    Args:
        rows: computed as they are asked for.
        store: to keep it in.
        what: is computed, and how: all that its speed depends on.
        num_first: rows that are left out of the account, with what starts before them.
    """
    number, began = 0, monotonic()
    for row in rows:
        yield row
        number += 1
        if number == num_first:
            began = monotonic()
    num_timed, seconds = number - num_first, monotonic() - began
    if num_timed >= FEWEST_ROWS and seconds > 0:
        with store.writer(KIND) as writer:
            writer.put(_key(what), json.dumps(num_timed / seconds).encode())


def find_speed(store: Store, what: Sequence[object]) -> float | None:
    """Return rows a second, None where nobody has measured it."""
    content = store.get(_key(what))
    return None if content is None else float(json.loads(content))


def _key(what: Sequence[object]) -> bytes:
    return hashlib.sha256(json.dumps([KIND, *what]).encode()).digest()


def speed_of_network(
    name: str, image_size: int, unfreeze: int | str, engine: str, precision: str
) -> list[object]:
    """Return all that the speed of a network below its cut depends on.

    Args:
        name: of the network.
        image_size: side of its pictures, in pixels.
        unfreeze: where it is cut.
        engine: that runs it.
        precision: that it computes in.
    """
    return [name, image_size, unfreeze, engine, precision]
