"""The command `headswap`, for what DVC's own commands do not do.

headswap check    is params.yaml valid, and which files does it name?
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from headswap import params
from headswap.check.inputs import LIBRARIES, named_files
from headswap.errors import InputError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; what a user can mend ends with one message and code 1."""
    parser = argparse.ArgumentParser(
        prog="headswap",
        description="From labelled pictures to comparable figures and a usable model.",
    )
    parser.add_argument("--version", action="version", version=version("headswap"))
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser(
        "check",
        help="is params.yaml valid, and which files does it name?",
        description="Check params.yaml as every run does first, without running.",
    )
    check.add_argument("file", nargs="?", default=params.PARAMS_FILE)
    options = parser.parse_args(arguments)
    try:
        check_file(options.file)
    except InputError as error:
        sys.exit(f"error: {error}")


def check_file(path: str) -> None:
    """Print that params.yaml is valid, and the files it names.

    Raises:
        InputError: with every fault of every section.
    """
    sections = params.check(params.load(path), path)
    print(f"{path} is valid")
    for stage in LIBRARIES:
        for name, file in named_files(stage, sections).items():
            print(f"{name}: {file}{'' if file.is_file() else ' (no such file)'}")
