"""Reading label tables: delimiter, header, lines, and files that name class ids."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from headswap.errors import InputError

DELIMITERS = ",\t;"


def read_table(
    path: Path, columns: Sequence[str] | None
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Return the column names and the (line number, cells) of every line after them."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            first = file.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"data.table: {path} must be a readable UTF-8 table, got {error}. "
            "Check data.root and data.table."
        ) from error
    delimiter = max(DELIMITERS, key=re.sub(r'"[^"]*"', "", first).count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    header = [name.strip() for name in header]

    def records() -> Iterator[tuple[int, list[str]]]:
        # Read line by line, because such tables may have millions.
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            try:
                for record in reader:
                    cells = [cell.strip() for cell in record]
                    if any(cells) and not (reader.line_num == 1 and cells == names):
                        yield reader.line_num, cells
            except (csv.Error, UnicodeDecodeError) as error:
                raise InputError(
                    f"{path.name}, after line {reader.line_num}: it must be a table in "
                    f"UTF-8, got {error}. Look there for a quote that is not closed, "
                    "or save the file as UTF-8."
                ) from error

    names = list(columns) if columns is not None else header
    return names, records()


def read_names(path: Path) -> Mapping[str, str]:
    """Return the class name of each numeric id.

    A line is `<id> <name>`, or a name alone, the first being id 0.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"data.class_names: {path} must be a readable UTF-8 file, got {error}. "
            "Check data.root and data.class_names."
        ) from error
    lines = [line.strip() for line in lines if line.strip()]
    pairs = [re.fullmatch(r"(\d+)[\s,;]+(.+)", line) for line in lines]
    if all(pairs):
        return {str(int(pair[1])): pair[2] for pair in pairs if pair}
    return {str(number): name for number, name in enumerate(lines)}
