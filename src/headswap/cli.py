"""The command `headswap`, for what DVC's own commands do not do.

A command is a module of `commands`, found by its name.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from headswap import registry
from headswap.errors import InputError, in_lines, show_any_text
from headswap.machine.outputs import full_disk
from headswap.machine.running import INTERRUPTED, ended_like_interrupted


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; what a user can mend ends with one message and code 1."""
    show_any_text()
    # TensorFlow's notes on start-up hide what a command has to say.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(
        prog="headswap",
        description="From labelled pictures to comparable figures and a usable model.",
    )
    parser.add_argument("--version", action="version", version=version("headswap"))
    parsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands = {
        name: registry.load("commands", name) for name in registry.names("commands")
    }
    for name, command in commands.items():
        command.add_arguments(
            parsers.add_parser(name, help=command.HELP, description=command.DESCRIPTION)
        )
    options = parser.parse_args(arguments)
    try:
        with ended_like_interrupted():
            commands[options.command].run(options)
    except InputError as error:
        sys.exit(f"error: {in_lines(str(error))}")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        if reason := full_disk(error, [Path()]):
            sys.exit(f"error: {reason}")
        raise
