"""features: every picture through the frozen part of the backbone, once."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap import params
from headswap.features import compute_features
from headswap.index import read_index
from headswap.tables import read_table


def main(prepared: Path, augmented: Path, output: Path, reusable: Path) -> None:
    versions = read_table(augmented / "augmented.csv")
    row_names = [(image_id, 0) for image_id in read_index(prepared).image_ids]
    row_names += zip(versions["image_id"], map(int, versions["copy"]), strict=True)
    compute_features(
        [prepared / "images.npy", augmented / "images.npy"],
        row_names,
        params.read("backbone"),
        params.read("features"),
        output,
        reusable,
    )


if __name__ == "__main__":
    run(main)
