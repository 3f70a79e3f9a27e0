"""bundle: model, networks and figures -> one folder that works elsewhere."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.bundle.stage import Inputs, write_bundle
from headswap.params import bundle, features, keras, prepare


def main(
    pictures: prepare.Section,
    options: features.Section,
    computing: keras.Section,
    handed_over: bundle.Section,
    inputs: Path,
    prepared: Path,
    split: Path,
    cached: Path,
    model: Path,
    predictions: Path,
    intervals: Path,
    output: Path,
) -> None:
    read = Inputs(inputs, prepared, split, cached, model, predictions, intervals)
    write_bundle(read, pictures, options, computing.backend, handed_over, output)


if __name__ == "__main__":
    run(main, "prepare", "features", "keras", "bundle")
