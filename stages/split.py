"""split: the index -> groups, rounds, and who is train, validation and test."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.params import split
from headswap.split.stage import split_images


def main(options: split.Section, prepared: Path, output: Path, report: Path) -> None:
    split_images(prepared, options, output, report)


if __name__ == "__main__":
    run(main, "split")
