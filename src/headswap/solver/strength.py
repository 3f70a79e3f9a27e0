"""How strong the L2 penalty of a head is to be: a grid that goes on at its edges.

No fixed strength serves: the best one differs by a factor of 10,000 between data sets.
"""

from collections.abc import Callable, Mapping

# Half-decades: strength number k is 10 ** (-k / 2).
FIRST = 4
STRONGEST, WEAKEST = -8, 22
# How far the grid goes on beyond the best so far.
BEYOND = 2


def strength(number: float) -> float:
    """Return a strength by its place on the grid; the higher, the weaker."""
    return float(10 ** (-number / 2))


def search(loss_at: Callable[[float], float]) -> dict[float, float]:
    """Return the loss by strength, in the order they were tried.

    From strong to weak, so that each search can start from the one before, until two
    strengths beyond the best; then, where the best is near the strong end, towards
    stronger ones in the same way. Last comes the one at which a parabola through the
    best and its neighbours is lowest, for half a decade can be a loss of 4 %.

    Args:
        loss_at: the loss of a strength on images that were not fitted to.
    """
    losses: dict[float, float] = {}

    def best() -> float:
        return min(losses, key=losses.__getitem__)

    number = FIRST
    while number <= WEAKEST and (not losses or number <= best() + BEYOND):
        losses[number] = loss_at(strength(number))
        number += 1
    number = FIRST - 1
    while number >= STRONGEST and number >= best() - BEYOND:
        losses[number] = loss_at(strength(number))
        number -= 1
    if (vertex := _vertex(losses, best())) is not None:
        losses[vertex] = loss_at(strength(vertex))
    return {strength(number): loss for number, loss in losses.items()}


def _vertex(losses: Mapping[float, float], best: float) -> float | None:
    """Return where a parabola through the best and its neighbours is lowest."""
    if best - 1 not in losses or best + 1 not in losses:
        return None
    slope = losses[best + 1] - losses[best - 1]
    curvature = losses[best - 1] - 2 * losses[best] + losses[best + 1]
    return best - slope / (2 * curvature) if slope and curvature > 0 else None
