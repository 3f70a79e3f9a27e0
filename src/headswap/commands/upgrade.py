"""`headswap upgrade`: a project's files, as the installed version has them."""

import argparse
from importlib.metadata import version
from pathlib import Path

HELP = "bring a project's files up to the installed headswap"
DESCRIPTION = (
    "Write the files that `headswap init` wrote as this version has them, rename old "
    "parameters and add new ones, and show what changes. Files that were edited are "
    "kept, and new ones written beside them."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("folder", type=Path, nargs="?", default=Path())
    parser.add_argument(
        "--dry-run", action="store_true", help="only show what would change"
    )


def run(options: argparse.Namespace) -> None:
    """Show what changes, and write it.

    Raises:
        InputError: it is no project, changes are not committed, or an edited file has
            to be brought up by hand.
    """
    from headswap.use.project.upgrade import upgrade

    upgrade(options.folder, version("headswap"), options.dry_run)
