"""How strong the L2 penalty of a head is to be: a grid that goes on at its edges.

No fixed strength serves: the best one differs by a factor of 10,000 between data sets.
"""

from collections.abc import Callable

# Half-decades: strength number k is 10 ** (-k / 2).
FIRST = 4
STRONGEST, WEAKEST = -8, 22
# How far the grid goes on beyond the best so far.
BEYOND = 2


def strength(number: int) -> float:
    """Return a strength of the grid by its number; the higher, the weaker."""
    return float(10 ** (-number / 2))


def search(loss_at: Callable[[float], float]) -> dict[float, float]:
    """Return the loss by strength, in the order they were tried.

    From strong to weak, so that each search can start from the one before, until two
    strengths beyond the best; then, where the best is near the strong end, towards
    stronger ones in the same way.

    Args:
        loss_at: the loss of a strength on images that were not fitted to.
    """
    losses: dict[int, float] = {}

    def best() -> int:
        return min(losses, key=losses.__getitem__)

    number = FIRST
    while number <= WEAKEST and (not losses or number <= best() + BEYOND):
        losses[number] = loss_at(strength(number))
        number += 1
    number = FIRST - 1
    while number >= STRONGEST and number >= best() - BEYOND:
        losses[number] = loss_at(strength(number))
        number -= 1
    return {strength(number): loss for number, loss in losses.items()}
