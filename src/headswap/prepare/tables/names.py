"""Files that name class ids: `<id> <name>` a line, names alone, a table, or YAML."""

import csv
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headswap.errors import InputError, listed
from headswap.params._yaml import parse_yaml
from headswap.prepare.meaning import words_of
from headswap.prepare.tables.delimiter import most_frequent_delimiter
from headswap.prepare.tables.pairs import (
    ID_WORDS,
    NAME_WORDS,
    REMEDY,
    Pairs,
    as_id,
    bare,
    contradict,
    is_heading,
    read_pairs,
)
from headswap.prepare.tables.unreadable import require_no_nul, unreadable

# Of the file that YOLO reads, which also says where pictures are.
_BULLET = re.compile(r"[-*\u2022]\s+")
_YAML_KEY = re.compile(r"names\s*:")


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
    ids: Sequence[str] | None

    def by_id(self, task: str, used: Collection[str]) -> Mapping[str, str]:
        """Return the name of each id, and print what was taken.

        Names alone are numbered from 0, or from 1 where the last id is their number
        and no id is 0.

        Args:
            task: whose classes they are.
            used: the labels that occur, ids without leading zeros.

        Raises:
            InputError: the ids do not show whether they start at 0 or at 1, or whether
                the first line is a name.
        """
        ids, how = self.ids, "as its ids say"
        if ids is None:
            start = 0 if "0" in used else 1
            ids = [str(start + number) for number in range(len(self.names))]
            how = f"numbered from {start}"
            self._require_order(task, used, ids)
        taken = dict(zip(ids, self.names, strict=True))
        pairs = listed([f"{number} = {name}" for number, name in taken.items()])
        print(f"{task}, {self.path.name} {how}: {pairs}")
        return taken

    def _require_order(
        self, task: str, used: Collection[str], ids: Sequence[str]
    ) -> None:
        """Check that names alone have the ids that their order gives them."""
        where, num_names = f"data.class_names.{task}", len(self.names)
        if "0" not in used and str(num_names) not in used:
            in_order: list[str] = sorted(used, key=lambda i: (len(i), i))
            raise InputError(
                f"{where}: the ids in the table must have 0 or {num_names} among them, "
                f"or nothing shows whether the first of the {num_names} names in "
                f"{self.path.name} is 0 or 1, got {listed(in_order)}. {REMEDY}"
            )
        if contradict(self.names, ids, used):
            raise InputError(
                f"{where}: lines of {self.path.name} must be names alone, or ids and "
                "names parted by a usual mark, got "
                f"{listed(list(map(repr, self.names)))}. {REMEDY}"
            )
        if set(used) == set(map(str, range(num_names - 1))):
            raise InputError(
                f"{where}: {self.path.name} must have as many names as the table has "
                f"ids, {num_names - 1}, or nothing shows whether its first line is a "
                f"header, got {num_names}, of which the first is {self.names[0]!r}. "
                f"Delete that line if it is no class. If it is one: {REMEDY}"
            )


def read_names(path: Path, used: Collection[str]) -> NamesFile:
    """Return what a file of class names says.

    Args:
        path: of the file.
        used: the ids in the table, which tell ids in the file from names with digits.

    Raises:
        InputError: it cannot be read, it does not show which ids and names it has, or
            one of them stands twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        require_no_nul(text)
    except (OSError, UnicodeError) as error:
        remedy = "Check data.root and data.class_names."
        raise InputError(unreadable("data.class_names", path, error, remedy)) from error
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if all(map(_BULLET.match, lines)):
        lines = [_BULLET.sub("", line) for line in lines]
    pairs = _from_yaml(path, text) if any(map(_YAML_KEY.match, lines)) else None
    if pairs is None:
        pairs = _from_table(path, lines)
    if pairs is None:
        pairs = read_pairs(path, lines, used)
    if pairs is None:
        # A header above names alone would move each of them by one.
        names = lines[1:] if lines and is_heading(lines[0]) else lines
        found = NamesFile(path, list(map(bare, names)), None)
    else:
        found = NamesFile(path, [bare(n) for _, n in pairs], [i for i, _ in pairs])
    if "" in found.names:
        place = found.names.index("")
        raise InputError(
            f"data.class_names: {path.name} must have a name in every line, got none "
            f"{f'for {found.ids[place]}' if found.ids else f'in line {place + 1}'}. "
            f"{REMEDY}"
        )
    for what, values in (("id", found.ids or ()), ("name", found.names)):
        twice = [value for value, count in Counter(values).items() if count > 1]
        if twice:
            raise InputError(
                f"data.class_names: {path.name} must have every {what} once, got "
                f"{listed(twice)} again. {REMEDY}"
            )
    return found


def _from_yaml(path: Path, text: str) -> Pairs | None:
    """Return (id, name) of what stands below `names`: by id, or in order from 0.

    Raises:
        InputError: it is no YAML, or no names by id stand there.
    """
    values = parse_yaml(text, str(path))
    if not isinstance(values, dict):  # Lines of names below a header.
        return None
    names = values.get("names")
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or not all(
        as_id(str(number)) and type(name) in (str, int)
        for number, name in names.items()
    ):
        raise InputError(
            f"data.class_names: {path.name} must have a name an id below `names`, got "
            f"{names!r:.80}. {REMEDY}"
        )
    return [(as_id(str(number)), str(name)) for number, name in names.items()]


def _from_table(path: Path, lines: Sequence[str]) -> Pairs | None:
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
    numeric = [all(map(as_id, column)) for column in body]
    ids = [i for i, found in enumerate(numeric) if found]
    names = [i for i, found in enumerate(numeric) if not found]
    if not ids:
        if all(map(is_heading, header)):
            _refuse_columns(path, header)
        return None
    if any(map(as_id, header)):
        # No header. Names that come first: the other order is no table's alone.
        if len(header) == 2 and (ids, names) == ([1], [0]):
            return [(as_id(row[1]), row[0]) for row in rows]
        return None
    # What repeats are groups of classes, or counts.
    ids, names = (
        [i for i in columns if len(set(body[i])) == len(body[i])] or columns
        for columns in (ids, names)
    )
    ids, names = _narrow(ids, header, ID_WORDS), _narrow(names, header, NAME_WORDS)
    if len(ids) != 1 or len(names) != 1:
        _refuse_columns(path, header)
    return list(zip(map(as_id, body[ids[0]]), body[names[0]], strict=True))


def _narrow(columns: list[int], header: Sequence[str], words: set[str]) -> list[int]:
    if len(columns) < 2:
        return columns
    return [i for i in columns if words & set(words_of(header[i]))]


def _refuse_columns(path: Path, header: Sequence[str]) -> None:
    raise InputError(
        f"data.class_names: {path.name} must have one column of ids and one of names, "
        f"got the columns {', '.join(header)}. {REMEDY}"
    )
