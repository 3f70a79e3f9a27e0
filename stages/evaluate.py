"""evaluate: predictions -> figures, tables and plots."""

from pathlib import Path

import numpy as np

from stages import run  # isort: skip  (it puts src on the path)
from headswap.evaluate import evaluate
from headswap.index import read_index, read_split


def main(
    prepared: Path, split: Path, predictions: Path, curves: Path, output: Path
) -> None:
    index = read_index(prepared)
    probabilities = {
        task.name: np.load(predictions / f"{task.name}.npy") for task in index.tasks
    }
    evaluate(probabilities, index, read_split(split / "split.csv"), curves, output)


if __name__ == "__main__":
    run(main)
