"""train: cached features -> a fitted model, its predictions and learning curves."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap import params
from headswap.feature_cache import read_features
from headswap.index import read_index, read_split
from headswap.train import train


def main(
    prepared: Path,
    split: Path,
    features: Path,
    model: Path,
    predictions: Path,
    curves: Path,
) -> None:
    train(
        read_features(features),
        read_index(prepared),
        read_split(split / "split.csv"),
        params.read("train"),
        model_folder=model,
        predictions_folder=predictions,
        curves_folder=curves,
    )


if __name__ == "__main__":
    run(main)
