"""`headswap check`: params.yaml and the pictures as every run checks them first."""

import argparse

from headswap import params
from headswap.check.inputs import LIBRARIES, named_files
from headswap.check.raw_files import require_walkable
from headswap.machine.places import find_place

HELP = "is params.yaml valid, can what it names be read?"
DESCRIPTION = "Check params.yaml and data.root as every run does, without running."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("file", nargs="?", default=params.PARAMS_FILE)


def run(options: argparse.Namespace) -> None:
    """Print that params.yaml is valid, and what it names.

    Raises:
        InputError: with every fault of every section, or with every file below
            `data.root` at which DVC would stop.
    """
    sections = params.check(params.load(options.file), options.file)
    print(f"{options.file} is valid")
    root = sections["data"].root
    require_walkable(root)
    is_there = find_place(root).is_dir()
    print(f"data.root: {root}{'' if is_there else ' (no such folder)'}")
    for stage in LIBRARIES:
        for name, file in named_files(stage, sections).items():
            print(f"{name}: {file}{'' if file.is_file() else ' (no such file)'}")
