"""`headswap check`: params.yaml as every run checks it first."""

import argparse

from headswap import params
from headswap.check.inputs import LIBRARIES, named_files

HELP = "is params.yaml valid, and which files does it name?"
DESCRIPTION = "Check params.yaml as every run does first, without running."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("file", nargs="?", default=params.PARAMS_FILE)


def run(options: argparse.Namespace) -> None:
    """Print that params.yaml is valid, and the files it names.

    Raises:
        InputError: with every fault of every section.
    """
    sections = params.check(params.load(options.file), options.file)
    print(f"{options.file} is valid")
    for stage in LIBRARIES:
        for name, file in named_files(stage, sections).items():
            print(f"{name}: {file}{'' if file.is_file() else ' (no such file)'}")
