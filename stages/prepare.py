"""prepare: raw images -> equal-sized pictures, their index and the class order."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.params import data, prepare
from headswap.prepare.stage import prepare_images


def main(
    kept: data.Section, options: prepare.Section, inputs: Path, output: Path
) -> None:
    prepare_images(inputs, kept, options, output)


if __name__ == "__main__":
    run(main, "data", "prepare")
