"""augment: training images -> varied versions of them, and a picture of some."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.augment.stage import augment_images
from headswap.params import augment


def main(
    options: augment.Section, prepared: Path, split: Path, output: Path, sheet: Path
) -> None:
    augment_images(prepared, split, options, output, sheet)


if __name__ == "__main__":
    run(main, "augment")
