"""`headswap report`: the page of the last run."""

import argparse

from headswap.use.report import REPORT, open_report

HELP = "open the page of the last run"
DESCRIPTION = "Open the report in a browser, or print where it is."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("file", nargs="?", default=REPORT, help=f"({REPORT})")


def run(options: argparse.Namespace) -> None:
    """Open it.

    Raises:
        InputError: there is none.
    """
    open_report(options.file)
