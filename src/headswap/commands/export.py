"""`headswap export`: the model or the data, in the format of another program."""

import argparse

from headswap import registry

HELP = "the model or the data, in the format of another program"
DESCRIPTION = "Write a folder for another program to read."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    formats = ", ".join(registry.names("use/export"))
    parser.add_argument("format", metavar="FORMAT", help=formats)
    parser.add_argument("out", nargs="?", help="folder (data/export/FORMAT)")
    parser.add_argument("--model", default="data/bundle", help="(data/bundle)")
    parser.add_argument(
        "--pictures",
        nargs="+",
        default=[],
        metavar="FILE",
        help="to compare the model and its file on, else drawn ones; in int8, to set "
        "ranges by, else training pictures",
    )


def run(options: argparse.Namespace) -> None:
    """Write the folder.

    Raises:
        InputError: no such format, or what it needs is missing.
    """
    module = registry.load("use/export", options.format)
    module.export(options.out, options.model, options.pictures)
