"""train: cached features -> a fitted model, its predictions and learning curves."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.params import backbone, keras, train


def main(
    options: train.Section,
    network: backbone.Section,
    computing: keras.Section,
    inputs: Path,
    prepared: Path,
    split: Path,
    augmented: Path,
    features: Path,
    model: Path,
    predictions: Path,
    curves: Path,
    checkpoints: Path,
) -> None:
    from headswap.train.stage import Inputs, Outputs, train_model

    train_model(
        Inputs(inputs, prepared, split, augmented, features),
        Outputs(model, predictions, curves, checkpoints),
        options,
        network,
        computing.backend,
    )


if __name__ == "__main__":
    run(main, "train", "backbone", "keras")
