"""bundle: model, networks and figures -> one folder that works elsewhere."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.bundle.stage import write_bundle
from headswap.params import features, keras, prepare


def main(
    pictures: prepare.Section,
    options: features.Section,
    computing: keras.Section,
    inputs: Path,
    cached: Path,
    model: Path,
    intervals: Path,
    output: Path,
) -> None:
    write_bundle(
        inputs, cached, model, intervals, pictures, options, computing.backend, output
    )


if __name__ == "__main__":
    run(main, "prepare", "features", "keras")
