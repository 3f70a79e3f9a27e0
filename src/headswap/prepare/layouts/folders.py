"""`folders`: every folder level below the root names a class of one task.

`data.levels: [category, landmark]` reads `<root>/<category>/<landmark>/<file>`. Files
may lie deeper; they belong to the folders above them. The level `split` is no task but
the part an image is given to: `data.levels: [split, scene]`. Nor is the level that
`data.group` names, which holds what belongs together: `data.levels: [label, patient]`,
nor are those that `data.slices` name.
The level `_` is not read: `data.levels: [_, label]`.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from headswap.artifacts.dataset.tasks import Kind
from headswap.errors import InputError, listed
from headswap.params.data import PART_LEVEL, SKIPPED, Section
from headswap.prepare.choice import choose
from headswap.prepare.layouts._levels import (
    NO_CLASSES,
    advise,
    folders_below,
    require_telling_levels,
)
from headswap.prepare.listing import Listing, Row
from headswap.prepare.meaning import are_parts, is_part
from headswap.prepare.no_data import matcher
from headswap.prepare.parts import require_parts
from headswap.prepare.walking import require_folder, walk

FEW_CHOSEN = (
    "Choose more classes in data.classes, or skip that level in data.levels with _."
)


def read(data: Section) -> Listing:
    """Return the files below the root, labelled by their folders.

    Raises:
        InputError: no folder, no file in it, a class folder without any file, or a
            folder of no known part.
    """
    root = require_folder(data.root)
    depth = len(data.levels)
    files, higher, num_skipped = [], [], 0
    class_folders: set[tuple[str, ...]] = set()
    filled_folders: set[tuple[str, ...]] = set()
    excluded: list[str] = []
    is_excluded = matcher(data.exclude)
    for parts, is_folder, hidden in walk(root):
        if not hidden and is_excluded("/".join(parts)):
            excluded.append("/".join(parts))
        elif is_folder:
            if not hidden and len(parts) <= depth:
                class_folders.add(parts)
        elif hidden:
            num_skipped += 1
        elif len(parts) <= depth:
            higher.append(parts)
        else:
            filled_folders.update(parts[:level] for level in range(1, depth + 1))
            files.append(parts)
    if not files and not excluded:
        pattern = "/".join(f"<{level}>" for level in data.levels)
        raise InputError(
            f"data.root: {data.root} must hold images as {pattern}/<file>, got none "
            f"({len(higher)} files lie higher). {advise(higher, data)}"
        )
    empty = sorted("/".join(parts) for parts in class_folders - filled_folders)
    if empty and files:
        raise InputError(
            f"data.root: every class folder must hold images, got {len(empty)} "
            f"without: {listed(empty)}. {_or(advise(files + higher, data))}Fill or "
            "remove them, or name them in data.exclude."
        )
    part_names = set()
    if PART_LEVEL in data.levels:
        level = data.levels.index(PART_LEVEL)
        part_names = {parts[level] for parts in files}
    else:
        _say_parts_below(files, data)
    advice = "" if any(map(is_part, part_names)) else _or(advise(files, data))
    own_parts = require_parts(part_names, data, "data.levels", advice)
    no_tasks = (PART_LEVEL, SKIPPED, data.group, *data.slices)
    tasks = [name for name in data.levels if name not in no_tasks]
    require_telling_levels(files, data)
    rows = []
    for parts in files:
        names = dict(zip(data.levels, parts, strict=False))
        rows.append(
            Row(
                "/".join(parts),
                tuple((names[task],) for task in tasks),
                own_parts[names[PART_LEVEL]] if part_names else "",
                names[data.group] if data.group else "",
                tuple(names[name] for name in data.slices),
            )
        )
    rows.sort(key=lambda row: row.path)
    kinds: dict[str, Kind] = dict.fromkeys(tasks, "multiclass")
    rows, left_out = choose(rows, kinds, data)
    reason = f"lies above the folder level {data.levels[-1]!r}"
    return Listing(
        root,
        rows,
        kinds,
        num_skipped,
        rejected=[("/".join(parts), reason) for parts in higher] + left_out,
        advice=FEW_CHOSEN if data.classes else advise(files, data),
        below=folders_below(files, depth),
        excluded=sorted(set(excluded) - _folders_above(excluded)),
    )


def _folders_above(paths: Sequence[str]) -> set[str]:
    return {str(folder) for path in paths for folder in PurePosixPath(path).parents}


def _say_parts_below(files: Sequence[tuple[str, ...]], data: Section) -> None:
    """Say where names of parts stand below the levels, and so are not read."""
    depth = len(data.levels)
    below = sorted({parts[depth] for parts in files if len(parts) > depth + 1})
    if are_parts(below):
        levels = ",".join([*data.levels, PART_LEVEL])
        print(
            f"note: the folders {listed(below)} below {data.levels[-1]!r} have names "
            f"of parts, which are not read; data.levels=[{levels}] reads them"
        )


def _or(advice: str) -> str:
    """Return advice that stands before other advice, or nothing where it is none."""
    return "" if advice == NO_CLASSES else f"{advice} Or: "
