"""evaluate: predictions -> figures, tables and plots."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.evaluate.stage import evaluate_predictions


def main(
    prepared: Path, split: Path, predictions: Path, curves: Path, output: Path
) -> None:
    evaluate_predictions(prepared, split, predictions, curves, output)


if __name__ == "__main__":
    run(main)
