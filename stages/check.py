"""check: params.yaml is valid as a whole, and what results depend on beside it."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.check.stage import check_all


def main(inputs: Path) -> None:
    check_all(inputs)


if __name__ == "__main__":
    run(main)
