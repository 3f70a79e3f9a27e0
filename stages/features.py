"""features: every picture through the frozen part of the backbone, once."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.machine.backend import start_keras
from headswap.params import backbone, features, keras


def main(
    network: backbone.Section,
    options: features.Section,
    computing: keras.Section,
    inputs: Path,
    prepared: Path,
    augmented: Path,
    output: Path,
    reusable: Path,
) -> None:
    # Before anything imports Keras, which then takes its backend for good.
    start_keras(computing.backend)
    from headswap.features.stage import compute_features

    compute_features(inputs, prepared, augmented, network, options, output, reusable)


if __name__ == "__main__":
    run(main, "backbone", "features", "keras")
