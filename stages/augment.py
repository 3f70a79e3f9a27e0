"""augment: training images -> varied versions of them, and a picture of some."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap import params
from headswap.augment import augment, preview
from headswap.index import read_index, read_split
from headswap.plots import draw_contact_sheet


def main(prepared: Path, split_folder: Path, output: Path, report: Path) -> None:
    options = params.read("augment")
    index, split = read_index(prepared), read_split(split_folder / "split.csv")
    images = prepared / "images.npy"
    augment(images, index, split, options, output)
    report.mkdir(parents=True, exist_ok=True)
    draw_contact_sheet(
        report / "preview.png", preview(images, index, split, options, num_images=6)
    )


if __name__ == "__main__":
    run(main)
