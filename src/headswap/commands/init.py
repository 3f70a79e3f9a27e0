"""`headswap init`: a project of one's own."""

import argparse
from importlib.metadata import version
from pathlib import Path

HELP = "start a project of your own, in a new folder or a repository"
DESCRIPTION = (
    "Write dvc.yaml, params.yaml, stages/ and recipes/ for the installed headswap, "
    "and set up git and DVC. No file that is there is overwritten."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("folder", type=Path)


def run(options: argparse.Namespace) -> None:
    """Write the project.

    Raises:
        InputError: files are in the way, or the folder cannot be a project.
    """
    from headswap.use.project.init import init

    init(options.folder, version("headswap"))
