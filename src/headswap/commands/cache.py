"""`headswap cache`: the store of what is computed only once."""

import argparse

from headswap.machine.store import FOLDER, LIMIT, clear_store, open_store

HELP = "what is kept to be computed only once, or clear it"
DESCRIPTION = "Show the store of prepared pictures and features of this user."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--clear", action="store_true", help="delete it, which costs only time"
    )


def run(options: argparse.Namespace) -> None:
    """Print where the store is, what it holds and how large it may be, or delete it."""
    if options.clear:
        clear_store()
        return
    with open_store() as store:
        usage = store.usage()
        folder, limit = store.folder, store.limit
    for each in usage:
        print(f"{each.kind:10} {each.rows:11,} rows {each.num_bytes / 1e6:11,.1f} MB")
    total = sum(each.num_bytes for each in usage)
    print(f"{folder} holds {total / 1e6:,.1f} of {limit / 1e6:,.0f} MB")
    print(f"{FOLDER} moves it, {LIMIT} sets its limit, --clear deletes it")
