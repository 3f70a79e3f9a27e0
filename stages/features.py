"""features: every picture through the frozen part of the backbone, once."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.features.stage import compute_features
from headswap.params import backbone, features, keras


def main(
    network: backbone.Section,
    options: features.Section,
    computing: keras.Section,
    inputs: Path,
    prepared: Path,
    augmented: Path,
    output: Path,
    cost: Path,
) -> None:
    compute_features(
        inputs, prepared, augmented, network, options, computing.backend, output, cost
    )


if __name__ == "__main__":
    run(main, "backbone", "features", "keras")
