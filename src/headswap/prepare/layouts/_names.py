"""Files that name numeric class ids: `<id> <name>` a line, names alone, or a table."""

import csv
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headswap.errors import InputError, listed
from headswap.prepare.layouts._delimiter import most_frequent_delimiter
from headswap.prepare.meaning import words_of

ID_WORDS = {"id", "ids", "index", "idx", "number", "no", "nr", "code"}
NAME_WORDS = {"name", "names", "class", "classes", "label", "labels", "category"}
REMEDY = "Write a file of one `<id> <name>` a line, and name it in data.class_names."


@dataclass(frozen=True)
class NamesFile:
    """What a file of class names says.

    Attributes:
        path: of the file.
        names: in the order of the file.
        ids: those of the names; None where the file has names alone.
    """

    path: Path
    names: Sequence[str]
    ids: Sequence[int] | None

    def by_id(self, task: str, used: Collection[str]) -> Mapping[str, str]:
        """Return the name of each id, and print what was taken.

        Names alone are numbered from 0, or from 1 where the last id is their number
        and no id is 0.

        Args:
            task: whose classes they are.
            used: the labels that occur, ids without leading zeros.

        Raises:
            InputError: the ids do not show whether they start at 0 or at 1.
        """
        ids: Sequence[int] = self.ids or ()
        how = "as its ids say"
        if self.ids is None:
            num_names = len(self.names)
            if "0" not in used and str(num_names) not in used:
                in_order: list[str] = sorted(used, key=lambda i: (len(i), i))
                raise InputError(
                    f"data.class_names.{task}: the ids in the table must have 0 or "
                    f"{num_names} among them, or nothing shows whether the first of "
                    f"the {num_names} names in {self.path.name} is 0 or 1, got "
                    f"{listed(in_order)}. {REMEDY}"
                )
            start = 0 if "0" in used else 1
            ids, how = range(start, start + num_names), f"numbered from {start}"
        taken = dict(zip(map(str, ids), self.names, strict=True))
        pairs = listed([f"{number} = {name}" for number, name in taken.items()])
        print(f"{task}, {self.path.name} {how}: {pairs}")
        return taken


def read_names(path: Path) -> NamesFile:
    """Return what a file of class names says.

    Raises:
        InputError: it cannot be read, it does not show which ids and names it has, or
            one of them stands twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"data.class_names: {path} must be a readable UTF-8 file, got {error}. "
            "Check data.root and data.class_names."
        ) from error
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    pairs = _from_table(path, lines)
    if pairs is None:
        pairs = _from_pairs(path, lines)
    if pairs is None:
        # A header above names alone would move each of them by one.
        names = lines[1:] if lines and _is_heading(lines[0]) else lines
        found = NamesFile(path, names, None)
    else:
        found = NamesFile(path, [n for _, n in pairs], [int(i) for i, _ in pairs])
    for what, values in (("id", [*map(str, found.ids or ())]), ("name", found.names)):
        twice = [value for value, count in Counter(values).items() if count > 1]
        if twice:
            raise InputError(
                f"data.class_names: {path.name} must have every {what} once, got "
                f"{listed(twice)} again. {REMEDY}"
            )
    return found


def _from_table(path: Path, lines: Sequence[str]) -> list[tuple[str, str]] | None:
    """Return (id, name) of the lines of a table with a header, or of names and ids.

    Raises:
        InputError: several columns may be the ids or the names.
    """
    delimiter = most_frequent_delimiter(lines[0]) if lines else ","
    try:
        rows = [
            [cell.strip() for cell in row]
            for row in csv.reader(lines, delimiter=delimiter)
        ]
    except csv.Error:  # A line longer than any cell may be.
        return None
    if len(rows) < 2 or len(rows[0]) < 2 or len({len(row) for row in rows}) > 1:
        return None
    header, body = rows[0], list(zip(*rows[1:], strict=True))
    numeric = [all(cell.isdecimal() for cell in column) for column in body]
    ids = [i for i, found in enumerate(numeric) if found]
    names = [i for i, found in enumerate(numeric) if not found]
    if not ids:
        if all(map(_is_heading, header)):
            _refuse_columns(path, header)
        return None
    if any(cell.isdecimal() for cell in header):
        # No header. Names that come first: the other order is no table's alone.
        if len(header) == 2 and (ids, names) == ([1], [0]):
            return [(row[1], row[0]) for row in rows]
        return None
    # What repeats are groups of classes, or counts.
    ids, names = (
        [i for i in columns if len(set(body[i])) == len(body[i])] or columns
        for columns in (ids, names)
    )
    ids, names = _narrow(ids, header, ID_WORDS), _narrow(names, header, NAME_WORDS)
    if len(ids) != 1 or len(names) != 1:
        _refuse_columns(path, header)
    return list(zip(body[ids[0]], body[names[0]], strict=True))


def _narrow(columns: list[int], header: Sequence[str], words: set[str]) -> list[int]:
    if len(columns) < 2:
        return columns
    return [i for i in columns if words & set(words_of(header[i]))]


def _refuse_columns(path: Path, header: Sequence[str]) -> None:
    raise InputError(
        f"data.class_names: {path.name} must have one column of ids and one of names, "
        f"got the columns {', '.join(header)}. {REMEDY}"
    )


def _from_pairs(path: Path, lines: Sequence[str]) -> list[tuple[str, str]] | None:
    """Return (id, name) of lines that have both; None where they have names alone.

    Raises:
        InputError: most lines have an id, and others none.
    """
    first = [re.fullmatch(r"(\d+)[\s,;]+(.+)", line) for line in lines]
    without = [line for line, pair in zip(lines, first, strict=True) if not pair]
    pairs = [(pair[1], pair[2]) for pair in first if pair]
    if pairs and (not without or (without == [lines[0]] and _is_heading(lines[0]))):
        return pairs
    if 2 * len(pairs) > len(lines) or (pairs and without == [lines[0]]):
        raise InputError(
            f"data.class_names: every line of {path.name} must have an id and a name, "
            f"got {listed(list(map(repr, without)))}. {REMEDY}"
        )
    # The name ends in no separator, or a long row of them would be tried over and over.
    last = [re.fullmatch(r"(.*[^\s,;])[\s,;]+(\d+)", line) for line in lines]
    found = [(pair[2], pair[1]) for pair in last if pair]
    numbers = sorted(int(number) for number, _ in found)
    in_order = [list(range(s, s + len(lines))) for s in (0, 1)]
    if lines and numbers in in_order:
        return found
    if lines and lines[0][0] in "{[":
        raise InputError(
            f"data.class_names: {path.name} must have one class a line, got a file "
            f"that begins with {lines[0][0]}. {REMEDY}"
        )
    return None


def _is_heading(text: str) -> bool:
    words = set(words_of(text))
    return bool(words) and words <= ID_WORDS | NAME_WORDS
