"""`folders`: every folder level below the root names a class of one task.

`data.levels: [category, landmark]` reads `<root>/<category>/<landmark>/<file>`. Files
may lie deeper; they belong to the folders above them. The level `split` is no task but
the part an image is given to: `data.levels: [split, scene]`. Nor is the level that
`data.group` names, which holds what belongs together: `data.levels: [label, patient]`.
"""

from headswap.artifacts.dataset.tasks import Kind
from headswap.errors import InputError, listed
from headswap.params.data import PART_LEVEL, Section
from headswap.prepare.layouts._files import require_folder, require_parts, walk
from headswap.prepare.listing import Listing, Row


def read(data: Section) -> Listing:
    """Return the files below the root, labelled by their folders.

    Raises:
        InputError: no folder, no file in it, a class folder without any file, or a
            folder of no known part.
    """
    root = require_folder(data.root)
    depth = len(data.levels)
    files, rejected, num_skipped = [], [], 0
    class_folders: set[tuple[str, ...]] = set()
    filled_folders: set[tuple[str, ...]] = set()
    for parts, is_folder, hidden in walk(root):
        if is_folder:
            if not hidden and len(parts) <= depth:
                class_folders.add(parts)
        elif hidden:
            num_skipped += 1
        elif len(parts) <= depth:
            reason = f"lies above the folder level {data.levels[-1]!r}"
            rejected.append(("/".join(parts), reason))
        else:
            filled_folders.update(parts[:level] for level in range(1, depth + 1))
            files.append(parts)
    if not files:
        pattern = "/".join(f"<{level}>" for level in data.levels)
        raise InputError(
            f"data.root: {data.root} must hold images as {pattern}/<file>, got none "
            f"({len(rejected)} files lie higher). Check data.root and data.levels."
        )
    empty = sorted("/".join(parts) for parts in class_folders - filled_folders)
    if empty:
        raise InputError(
            f"data.root: every class folder must hold images, got {len(empty)} "
            f"without: {listed(empty)}. Fill or remove them."
        )
    if PART_LEVEL in data.levels:
        level = data.levels.index(PART_LEVEL)
        require_parts({parts[level] for parts in files}, data, "data.levels")
    tasks = [name for name in data.levels if name not in (PART_LEVEL, data.group)]
    rows = []
    for parts in sorted(files):
        names = dict(zip(data.levels, parts, strict=False))
        part = names.pop(PART_LEVEL, None)
        rows.append(
            Row(
                "/".join(parts),
                tuple((names[task],) for task in tasks),
                data.parts[part] if part else "",
                names[data.group] if data.group else "",
            )
        )
    rows.sort(key=lambda row: row.path)
    kinds: dict[str, Kind] = dict.fromkeys(tasks, "multiclass")
    return Listing(root, rows, kinds, num_skipped, rejected=rejected)
