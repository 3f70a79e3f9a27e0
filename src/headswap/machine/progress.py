"""Progress bars, where somebody is looking."""

from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def progress(
    items: Iterable[Any] | None = None, *, what: str, total: int | None, unit: str
) -> Any:
    """Return a bar over items, or one to move by hand; none where output is a file.

    Args:
        items: to go through; None for a bar that is moved by `update`.
        what: stands before the bar.
        total: number of items, None where nobody knows.
        unit: name of one item.
    """
    # A bar that is redrawn in place becomes one endless line in a log.
    return tqdm(items, what, total, unit=unit, disable=None)
