"""evaluate: predictions -> figures, tables and plots."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap.evaluate import evaluate
from headswap.index import read_index, read_split
from headswap.predictions import read_predictions


def main(
    prepared: Path, split: Path, predictions: Path, curves: Path, output: Path
) -> None:
    index = read_index(prepared)
    evaluate(
        read_predictions(predictions, index.tasks),
        index,
        read_split(split / "split.csv"),
        curves,
        output,
    )


if __name__ == "__main__":
    run(main)
