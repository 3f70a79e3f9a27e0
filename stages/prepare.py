"""prepare: raw images -> equal-sized pictures, their index and the class order."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap import params
from headswap.prepare import prepare


def main(output: Path) -> None:
    prepare(params.read("data"), params.read("prepare"), output)


if __name__ == "__main__":
    run(main)
