"""Lines with an id and a name, whatever stands between them, or with names alone.

Names may have digits of their own, as `707-320`, `Mini 2012` or `grade 1` do. So what
may be either is read as ids only where those that the table uses are among them.
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from headswap.errors import InputError, listed
from headswap.prepare.meaning import words_of

Pairs = list[tuple[str, str]]

ID_WORDS = {"id", "ids", "index", "idx", "number", "no", "nr", "code"}
NAME_WORDS = {"name", "names", "class", "classes", "label", "labels", "category"}
REMEDY = "Write a file of one `<id> <name>` a line, and name it in data.class_names."

# No longer than what Python reads as a number in any case.
_DIGITS_OF = re.compile(r"\d{1,18}")
_NUMBER = re.compile(r"(\d{1,18})(\.0+)?")
# Spreadsheets write `2.0` for 2 where a cell of the column is empty.
_ID = r"([\"'])?[(\[#]?(\d{1,18})(?:\.0+(?=[\"']?\s*[,;|:=\t]))?(?(1)\1)"
# An id and what parts it from a name: never part of a name; and what may be.
_SURE = re.compile(
    _ID + r"(?:\s*[:|=)\]]+>?\s*|\s*[-.~/\u2013\u2014\u2192>]+\s+|[\s,;]+)(.+)"
)
# Of JSON, or of blocks such as `item {`; `[2] red` is none.
_OPENING = re.compile(r"[{\[](?!\d+\]).*|\w.*\s[{\[]")
_UNSURE = re.compile(_ID + r"[^\w\"'(\[]+(.+)")
_QUOTED = re.compile(r"\"((?:[^\"]|\"\")*)\"|'([^']*)'")
# Behind a name, before its id.
_USUAL_MARKS = " \t,;:=|"
_MARKS = _USUAL_MARKS + "([-.~/>\u2013\u2014\u2192"
_DIGITS = "0123456789"


def as_id(text: str) -> str:
    """Return a whole number as ids are compared, without zeros around it, or ""."""
    found = _NUMBER.fullmatch(text)
    return str(int(found[1])) if found else ""


def bare(name: str) -> str:
    """Return a name without quotes around it, and without a comma behind it."""
    name = name.rstrip(" \t,;")
    quoted = _QUOTED.fullmatch(name)
    return (quoted[1] or quoted[2] or "").replace('""', '"') if quoted else name


def is_heading(text: str) -> bool:
    """Return whether a line or cell says what stands below it."""
    words = set(words_of(text))
    has_number = any(map(str.isdigit, text))  # As `class 1`, which is a name.
    return bool(words) and words <= ID_WORDS | NAME_WORDS and not has_number


def read_pairs(path: Path, lines: Sequence[str], used: Collection[str]) -> Pairs | None:
    """Return (id, name) of lines that have both; None where they have names alone.

    Args:
        path: of their file.
        lines: that are not empty.
        used: the ids in the table.

    Raises:
        InputError: most lines have an id, and others none, or a line holds several
            classes.
    """
    if lines and _OPENING.fullmatch(lines[0]):
        raise InputError(
            f"data.class_names: {path.name} must have one class a line, got a file "
            f"that begins with {lines[0]:.20}. {REMEDY}"
        )
    first = [_SURE.fullmatch(line) for line in lines]
    without = [line for line, pair in zip(lines, first, strict=True) if not pair]
    pairs = [(as_id(pair[2]), pair[3]) for pair in first if pair]
    if pairs and (not without or (without == [lines[0]] and is_heading(lines[0]))):
        return pairs
    if 2 * len(pairs) > len(lines) or (pairs and without == [lines[0]]):
        raise InputError(
            f"data.class_names: every line of {path.name} must have an id and a name, "
            f"got {listed(list(map(repr, without)))}. {REMEDY}"
        )
    below = lines[1:] if lines and is_heading(lines[0]) else lines
    unsure = [_UNSURE.fullmatch(line) for line in below]
    pairs = [(as_id(pair[2]), pair[3]) for pair in unsure if pair]
    if len(pairs) == len(below) and _are_ids(pairs, used):
        return pairs
    last = [_last(line) for line in below]
    pairs = [(number, name) for number, name, _ in last]
    if _are_ids(pairs, used):
        return pairs
    in_order = sorted(int(number or -1) for number, _ in pairs)
    are_usual = all(is_usual for *_, is_usual in last)
    if are_usual and _are_different(pairs) and in_order in _orders(len(below)):
        return pairs
    return None


def contradict(names: Sequence[str], ids: Sequence[str], used: Collection[str]) -> bool:
    """Return whether names hold numbers that may be their ids, and are others.

    Args:
        names: each with what stands around it.
        ids: that they have by their order.
        used: the ids in the table.
    """
    found = [_DIGITS_OF.findall(name) or [""] for name in names]
    for numbers in (
        [as_id(each[0]) for each in found],
        [as_id(each[-1]) for each in found],
    ):
        # The first line may be a header.
        known = numbers[0 if numbers[:1] != [""] else 1 :]
        if not known or "" in known or len(set(known)) < len(known):
            continue
        in_file = list(map(int, known))
        in_order = sorted(in_file)
        is_shuffled = in_file != in_order and in_order in _orders(len(known))
        if numbers != list(ids) and (is_shuffled or set(used) <= set(known)):
            return True
    return False


def _are_ids(pairs: Pairs, used: Collection[str]) -> bool:
    return _are_different(pairs) and set(used) <= {number for number, _ in pairs}


def _are_different(pairs: Pairs) -> bool:
    numbers, names = {number for number, _ in pairs}, {name for _, name in pairs}
    are_all = bool(pairs) and "" not in numbers
    return are_all and len(numbers) == len(names) == len(pairs)


def _orders(number: int) -> list[list[int]]:
    return [list(range(start, start + number)) for start in (0, 1)]


def _last(line: str) -> tuple[str, str, bool]:
    """Return the id that a line ends with or "", its name, and if marks are usual."""
    before, digits = _parted_digits(line)
    name = before.rstrip(_MARKS)
    marks = before[len(name) :]
    number = as_id(digits) if name and marks else ""
    return number, name, not marks.strip(_USUAL_MARKS)


def _parted_digits(line: str) -> tuple[str, str]:
    """Return a line before the number that it ends with, and the number or ""."""
    line = line.rstrip(" \t,;\"')]")
    before = line.rstrip(_DIGITS)
    return before, line[len(before) :]
