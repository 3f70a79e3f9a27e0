"""inspect: what was prepared, split and cached -> what looks wrong in the data."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.inspect.stage import inspect_data


def main(
    prepared: Path,
    split: Path,
    features: Path,
    leaks: Path,
    counts: Path,
    page: Path,
    suspects: Path,
) -> None:
    inspect_data(prepared, split, features, leaks, counts, page, suspects)


if __name__ == "__main__":
    run(main)
