"""Cells that say whether an image has one class, in the ways people write them."""

from collections.abc import Collection, Mapping

# By what its cells are, in small letters.
KINDS: Mapping[str, Mapping[str, bool]] = {
    name: dict.fromkeys(no, False) | dict.fromkeys(yes, True)
    for name, no, yes in (
        ("0 or 1", ("0", "0.0", "false"), ("1", "1.0", "true")),
        ("-1 or 1", ("-1", "-1.0"), ("1", "1.0")),
        ("no or yes", ("no",), ("yes",)),
        ("n or y", ("n",), ("y",)),
        ("f or t", ("f",), ("t",)),
        ("empty or 1", ("",), ("1", "1.0")),
        ("empty or x", ("",), ("x",)),
    )
}
# No cell means one thing in one kind, and another in another.
_MEANINGS = {cell: has for kind in KINDS.values() for cell, has in kind.items()}


def has_class(cell: str) -> bool | None:
    """Return whether a cell says that an image has the class; None if nothing."""
    return _MEANINGS.get(cell.lower())


def kind_of(cells: Collection[str]) -> str:
    """Return which kind holds all cells, or "" where none does."""
    folded = {cell.lower() for cell in cells}
    return next((name for name, kind in KINDS.items() if folded <= kind.keys()), "")


def outside(numbers: Mapping[str, int]) -> tuple[str, list[str]]:
    """Return the kind that most cells are of, and the cells that are not.

    Args:
        numbers: how often each cell stands in the columns of a task.
    """

    def num_inside(name: str) -> int:
        return sum(n for cell, n in numbers.items() if cell.lower() in KINDS[name])

    name = max(KINDS, key=num_inside)
    return name, [cell for cell in numbers if cell.lower() not in KINDS[name]]
