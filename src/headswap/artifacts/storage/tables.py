"""CSV files that people and git read: UTF-8, comma, one header line."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PathLike = str | Path


@contextmanager
def table_writer(path: PathLike, header: Sequence[str]) -> Iterator[Any]:
    """Open a CSV file, write its header and yield the row writer."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        yield writer


def write_table(
    path: PathLike, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Write a whole CSV file."""
    with table_writer(path, header) as writer:
        writer.writerows(rows)


def read_table(path: PathLike) -> dict[str, list[str]]:
    """Return a CSV file as its columns, by name."""
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        columns: list[list[str]] = [[] for _ in header]
        for row in reader:
            for column, value in zip(columns, row, strict=True):
                column.append(value)
    return dict(zip(header, columns, strict=True))
