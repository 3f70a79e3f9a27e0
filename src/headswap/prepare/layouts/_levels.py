"""Guessing what folder levels are, for the advice in an error.

Nothing is read by a guess: it only says what to set.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from headswap.errors import InputError, listed
from headswap.machine.places import find_place
from headswap.params.data import PART_LEVEL, SKIPPED, Section
from headswap.prepare.meaning import PICTURE_WORDS, are_files, are_parts, words_of

VOC_FOLDERS = {"JPEGImages", "Annotations"}
NO_CLASSES = (
    "Set data.root to a folder that holds one folder a class, or set data.layout=csv "
    "and data.table to a table of labels."
)


def names_by_depth(files: Sequence[tuple[str, ...]]) -> list[list[str]]:
    """Return the folder names at each depth below the root, as most files lie."""
    depths = Counter(len(parts) - 1 for parts in files)
    depth = max(depths, key=lambda depth: (depths[depth], depth), default=0)
    usual = [parts for parts in files if len(parts) - 1 == depth]
    return [sorted({parts[level] for parts in usual}) for level in range(depth)]


def folders_below(files: Sequence[tuple[str, ...]], depth: int) -> str:
    """Return in words which folders there are at a depth below the root, if any."""
    names = sorted({parts[depth] for parts in files if len(parts) > depth + 1})
    return f"the folders {listed(names)}" if names else ""


def require_telling_levels(files: Sequence[tuple[str, ...]], data: Section) -> None:
    """Check that the last level, and not the next one below it, has the classes.

    Where each of its folders holds the same ones, either may have them. Numbers and
    dates, as of batches, are hardly classes; of other names a note is printed.

    Args:
        files: path parts below the root of every file.
        data: the section as it is set.

    Raises:
        InputError: only numbers tell its folders apart.
    """
    depth, last = len(data.levels), data.levels[-1]
    held: dict[str, set[str]] = defaultdict(set)
    for parts in files:
        held[parts[depth - 1]].add(parts[depth] if len(parts) > depth + 1 else "")
    below = next(iter(held.values()), set())
    is_crossed = len(held) > 1 and len(below) > 1 and "" not in below
    is_crossed = is_crossed and all(each == below for each in held.values())
    is_known = any(are_parts(names) or are_files(names) for names in (held, below))
    if not is_crossed or is_known or last not in (data.known_tasks or ()):
        return
    above = ",".join(data.levels[:-1]) + "," * (depth > 1)
    found = (
        f"{listed(sorted(held))}, which all hold the folders {listed(sorted(below))}"
    )
    settings = (
        f"Set data.levels=[{above}_,{last}] if those below are the classes, or "
        f"data.levels=[{above}{last},_] if these are"
    )
    if len({tuple(words_of(name)) for name in held}) == 1:
        raise InputError(
            f"data.levels: {last!r} must be a level of classes, got {found}. "
            f"{settings}."
        )
    print(f"note: the folders of {last!r} are {found}. {settings}")


def advise(files: Sequence[tuple[str, ...]], data: Section) -> str:
    """Return a sentence: which `data.root` and `data.levels` would have a meaning.

    A folder that is alone at the top, or alone holds images beside masks and the like,
    is left out by the root. Below it, names of parts
    are the level `split`, a single name or names of files are skipped, and every other
    level is the next task.

    Args:
        files: path parts below the root of every file.
        data: the section as it is set.
    """
    if {parts[0] for parts in files} >= VOC_FOLDERS:
        return "Set data.layout=voc: these are the folders of Pascal VOC."
    if data.group in data.levels:  # Who belongs together looks like classes.
        return NO_CLASSES
    given, names = find_place(data.root), names_by_depth(files)
    root = given
    while names and (wrapping := _wrapping(names[0])):
        root /= wrapping
        files = [parts[1:] for parts in files if parts[0] == wrapping and parts[1:]]
        names = names_by_depth(files)
    wanted = [level for level in data.levels if level not in (PART_LEVEL, SKIPPED)]
    levels: list[str] = []
    for found in names:
        if not wanted:
            break
        if are_parts(found) and PART_LEVEL not in levels:
            levels.append(PART_LEVEL)
        elif len(found) == 1 or are_parts(found) or are_files(found):
            levels.append(SKIPPED)
        else:
            levels.append(wanted.pop(0))
    tasks = [name for name in levels if name not in (PART_LEVEL, SKIPPED)]
    if not tasks:
        return NO_CLASSES
    if len(tasks) == 1 and wanted:
        # The name was one of several for a structure that is not there.
        levels[levels.index(tasks[0])] = "label"
    while levels[-1] == SKIPPED:
        levels.pop()
    settings = [f"data.root={_quoted(root)}"] if root != given else []
    if tuple(levels) != data.levels:
        settings.append(f"data.levels=[{','.join(levels)}]")
    return f"Set {' and '.join(settings)}." if settings else NO_CLASSES


def _wrapping(names: Sequence[str]) -> str | None:
    """Return the one folder of several that holds the pictures, if there is one."""
    if are_parts(names):
        return None
    if len(names) > 1 and are_files(names):
        names = [name for name in names if PICTURE_WORDS.issuperset(words_of(name))]
    return names[0] if len(names) == 1 else None


def _quoted(path: Path) -> str:
    """Return a path as DVC's -S takes it."""
    return str(path) if re.fullmatch(r"[\w.:/-]+", str(path)) else f'"{path}"'
