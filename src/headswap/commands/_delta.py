"""The argument `--delta`, of commands that compare runs."""

import argparse

from headswap.statistics.relevance import RELEVANT_DIFFERENCE


def add_delta(parser: argparse.ArgumentParser) -> None:
    """Add the argument."""
    parser.add_argument(
        "--delta",
        type=_difference,
        default=RELEVANT_DIFFERENCE,
        help=f"the difference that matters ({RELEVANT_DIFFERENCE:g})",
    )


def _difference(text: str) -> float:
    number = float(text)
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"it must be above 0, at most 1, got {text}")
    return number
