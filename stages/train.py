"""train: cached features -> a fitted model, its predictions and learning curves."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap import params
from headswap.feature_cache import read_features
from headswap.fingerprint import environment, hash_code, hash_file, hash_text
from headswap.index import read_index, read_split
from headswap.train import train


def main(
    prepared: Path,
    split: Path,
    augmented: Path,
    features: Path,
    model: Path,
    predictions: Path,
    curves: Path,
    checkpoints: Path,
) -> None:
    options, backbone = params.read("train"), params.read("backbone")
    inputs = [
        *sorted(
            file for file in features.rglob("*") if file.suffix in (".csv", ".json")
        ),
        prepared / "index.csv",
        prepared / "labels.json",
        split / "split.csv",
    ]
    key = hash_text(
        [hash_code(), *environment(), options, backbone, *map(hash_file, inputs)]
    )
    images = [prepared / "images.npy", augmented / "images.npy"]
    train(
        read_features(features, images),
        read_index(prepared),
        read_split(split / "split.csv"),
        options,
        backbone,
        model_folder=model,
        predictions_folder=predictions,
        curves_folder=curves,
        checkpoint_folder=checkpoints / key[:32],
    )


if __name__ == "__main__":
    run(main)
