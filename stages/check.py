"""check: params.yaml is valid as a whole, and what results depend on beside it."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap import params
from headswap.check.inputs import write_inputs


def main(inputs: Path) -> None:
    write_inputs(params.check(params.load()), inputs)


if __name__ == "__main__":
    run(main)
