"""All landmarks of the set, in the order in which they are drawn and listed."""

from collections.abc import Callable

from draw.categories import gothic, modern, mughal, neoclassical, pagodas, pyramids
from draw.sheet import Sheet

LANDMARKS: dict[str, Callable[[Sheet], None]] = {
    **gothic.LANDMARKS,
    **modern.LANDMARKS,
    **mughal.LANDMARKS,
    **neoclassical.LANDMARKS,
    **pagodas.LANDMARKS,
    **pyramids.LANDMARKS,
}
