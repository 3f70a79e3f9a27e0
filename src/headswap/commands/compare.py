"""`headswap compare`: runs beside each other, and the answer in words."""

import argparse
from pathlib import Path

from headswap.commands._delta import add_delta
from headswap.errors import InputError

HELP = "which run is best, which are as good, and how sure that is"
DESCRIPTION = (
    "Compare runs by what git has of them: revisions, experiments of DVC, and "
    "`workspace`; by default that and the last commit's experiments."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("names", nargs="*", metavar="REV")
    parser.add_argument(
        "--all", action="store_true", help="the experiments of every commit too"
    )
    add_delta(parser)
    parser.add_argument(
        "--data",
        nargs="?",
        const="HEAD",
        metavar="REV",
        help="instead: which images, labels and parts are others than in REV (HEAD)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--md", action="store_true", help="as Markdown")
    form.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--fail-if-worse",
        action="store_true",
        help="exit with 1 if the last run named validates worse than the first: by "
        "more than delta, and more than chance explains",
    )


def run(options: argparse.Namespace) -> None:
    """Print how runs, or their images, compare.

    Raises:
        InputError: a run cannot be read, or is worse where that is to fail.
    """
    if options.data:
        _show_changes(options)
    else:
        _show_comparison(options)


def _show_comparison(options: argparse.Namespace) -> None:
    from headswap.use.compare import answer, runs, words

    read = runs.read_runs(options.names, options.all, Path())
    found = answer.compare(read, options.delta)
    if options.json:
        print(words.as_json(found))
    elif options.md:
        print(words.as_markdown(found))
    else:
        words.show(found)
    if options.fail_if_worse:
        # By their names: of equal runs only the first is among those compared.
        named = options.names or [read[0].name, read[-1].name]
        (before,) = runs.read_runs(named[:1], False, Path())
        (run,) = runs.read_runs(named[-1:], False, Path())
        answer.require_not_worse(run, before, options.delta)


def _show_changes(options: argparse.Namespace) -> None:
    from headswap.use.compare import data
    from headswap.use.compare.revisions import WORKSPACE

    if len(options.names) > 1 or options.fail_if_worse or options.all:
        raise InputError(
            "headswap compare --data: at most one run must be named beside REV, and "
            "neither --all nor --fail-if-worse, got others. Compare two at a time."
        )
    after = options.names[0] if options.names else WORKSPACE
    found = data.compare_images(options.data, after, Path())
    if options.json:
        print(data.as_json(found))
    elif options.md:
        print(data.as_markdown(found))
    else:
        data.show(found)
