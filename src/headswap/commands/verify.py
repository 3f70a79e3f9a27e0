"""`headswap verify`: a bundle, checked where it is to be used."""

import argparse

HELP = "is a bundle what was made, and does it compute the same here?"
DESCRIPTION = "Check hashes and versions; predict the sample anew."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("model", nargs="?", default="data/bundle")


def run(options: argparse.Namespace) -> None:
    """Print what was checked.

    Raises:
        InputError: with all that is not as it was made.
    """
    from headswap.use.verify import verify

    verify(options.model)
