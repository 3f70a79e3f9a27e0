"""report: figures, pictures and features -> the page that one opens after a run."""

from pathlib import Path
from typing import Any

from stages import run  # isort: skip  (it puts src on the path)
from headswap.report.stage import write_report


def main(
    data: Any,
    prepare: Any,
    split: Any,
    augment: Any,
    keras: Any,
    backbone: Any,
    features: Any,
    train: Any,
    *paths: Path,
) -> None:
    sections = {
        "data": data,
        "prepare": prepare,
        "split": split,
        "augment": augment,
        "keras": keras,
        "backbone": backbone,
        "features": features,
        "train": train,
    }
    write_report(sections, *paths)


if __name__ == "__main__":
    run(
        main,
        "data",
        "prepare",
        "split",
        "augment",
        "keras",
        "backbone",
        "features",
        "train",
    )
