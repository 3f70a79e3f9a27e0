"""Benchmarks: ratios measured in one run, and a table of them at the end.

    python -m bench.main [NAME ...]

runs those that are named, or all: engines, five_approaches, everyday, pictures,
one_more, growth, fine_tuning, near_duplicates, shards, gpu.
Seconds depend on the machine and on what else it does; ratios much less, because both
sides are measured in the same run. Nothing fails for being slow.
"""

import argparse
import time
from importlib import import_module

from bench.report import as_table

NAMES = (
    "engines",
    "five_approaches",
    "everyday",
    "pictures",
    "one_more",
    "growth",
    "fine_tuning",
    "near_duplicates",
    "shards",
    "gpu",
)


def main() -> None:
    """Run the benchmarks and print the table."""
    parser = argparse.ArgumentParser(description="Print ratios measured in one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    names = parser.parse_args().names or NAMES
    if unknown := sorted(set(names) - set(NAMES)):
        parser.error(f"NAME must be one of {', '.join(NAMES)}, got {unknown}")
    figures = []
    for name in names:
        print(f"\n{name}", flush=True)
        start = time.perf_counter()
        figures += import_module(f"bench.{name}").measure()
        print(f"took {time.perf_counter() - start:.0f} s", flush=True)
    print(f"\n{as_table(figures)}")


if __name__ == "__main__":
    main()
