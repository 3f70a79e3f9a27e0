"""split: the index -> train, validation and test, and a picture of the classes."""

from pathlib import Path

from stages import run  # isort: skip  (it puts src on the path)
from headswap import params
from headswap.index import read_index, write_split
from headswap.plots import draw_class_counts
from headswap.split import count_classes, find_leaks, split
from headswap.tables import write_table


def main(prepared: Path, output: Path, report: Path) -> None:
    index = read_index(prepared)
    drawn = split(index, params.read("split"))
    output.mkdir(parents=True, exist_ok=True)
    write_split(output / "split.csv", index, drawn)
    report.mkdir(parents=True, exist_ok=True)
    counts = count_classes(index, drawn)
    write_table(report / "classes.csv", ["task", "class", "part", "images"], counts)
    draw_class_counts(report / "classes.png", counts)
    leaks = find_leaks(index)
    write_table(report / "leaks.csv", ["group", "given_part", "path"], leaks)


if __name__ == "__main__":
    run(main)
