"""`headswap sweep`: what a recipe or flags ask, run and compared."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from headswap.check.inputs import all_libraries, identifier
from headswap.commands._delta import add_delta
from headswap.errors import InputError
from headswap.machine.cluster import cluster_address
from headswap.use.sweep.distant import Cluster
from headswap.use.sweep.plan import Experiment
from headswap.use.sweep.questions import IMAGES, ask
from headswap.use.sweep.run import How, sweep

HELP = "run a recipe, or compare strategies, networks, heads, pictures"
DESCRIPTION = (
    "Run a recipe, or what the flags ask: one experiment here, several through DVC's "
    "queue (on a Ray cluster where RAY_ADDRESS names one), and then compare them. A "
    "second call runs only what is missing."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("recipe", nargs="?", help="such as recipes/quick.yaml")
    asked = parser.add_argument_group(
        "what is compared", "lists joined by commas; all combinations are run"
    )
    asked.add_argument("--strategies", help="names, or all, which is in both orders")
    asked.add_argument("--orders", help="coarsest_first,finest_first")
    asked.add_argument("--backbones", help="such as efficientnet_lite0,mobilenet_v2")
    asked.add_argument(
        "--heads",
        help="linear, units of hidden layers such as 512x64, or what is unfrozen: "
        "last_block, last_two, all",
    )
    asked.add_argument(
        "--images",
        help="shares of the training pictures, such as 0.25,0.5,0.75,1: would more "
        "help?",
    )
    asked.add_argument(
        "-S",
        dest="overrides",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="as for `dvc exp run`; several values, joined by commas, are compared",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--queue", action="store_true", help="only queue them")
    how.add_argument("-j", "--jobs", type=_positive, help="N at a time (one a core)")
    add_delta(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="only print the commands"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"it must be 1 or more, got {number}")
    return number


def run(options: argparse.Namespace) -> None:
    """Do what the command line asks for.

    Raises:
        InputError: it cannot be done, or an experiment failed.
    """
    if options.recipe is None and not _asks(options):
        raise InputError(
            "headswap sweep: there must be something to run, got neither a recipe, nor "
            "-S, nor one of --strategies, --backbones, --heads, --images. "
            "`headswap sweep --help` explains them."
        )
    asked = ask(
        options.strategies,
        options.orders,
        options.backbones,
        options.heads,
        options.images,
    )
    # DVC's queue is of this machine.
    address = None if options.queue else cluster_address()
    cluster = Cluster(address, all_libraries, options.jobs) if address else None
    how = How(options.jobs, options.queue, options.dry_run, cluster)

    def answer(ended: Sequence[Experiment]) -> None:
        say(ended, options.delta)

    of_inputs = identifier(os.environ)
    sweep(options.recipe, options.overrides, asked, how, answer, of_inputs)


def _asks(options: argparse.Namespace) -> bool:
    return any(
        (
            options.overrides,
            options.strategies,
            options.orders,
            options.backbones,
            options.heads,
            options.images,
        )
    )


def say(ended: Sequence[Experiment], delta: float) -> None:
    """Print what experiments say together.

    Args:
        ended: well.
        delta: the difference that matters.
    """
    from headswap.use.compare import answer, runs, words

    section, key = IMAGES.split(".")
    shares = {each.sections[section].get(key) for each in ended}
    if len(shares) > 1:
        from headswap.use.sweep.images import show_curves

        show_curves(ended, delta, Path())
        return
    read = runs.read_runs([each.name for each in ended], False, Path())
    words.show(answer.compare(read, delta))
