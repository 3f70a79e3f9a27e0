"""`folders`: every folder level below the root names a class of one task.

`data.levels: [category, landmark]` reads `<root>/<category>/<landmark>/<file>`. Files
may lie deeper; they belong to the folders above them.
"""

from headswap.errors import InputError, listed
from headswap.layouts import Listing, Row
from headswap.layouts._files import require_folder, walk
from headswap.params.data import Section


def read(data: Section) -> Listing:
    """Return the files below the root, labelled by their folders.

    Raises:
        InputError: no folder, no file in it, or a class folder without any file.
    """
    root = require_folder(data.root)
    depth = len(data.levels)
    rows, rejected, num_skipped = [], [], 0
    class_folders, filled_folders = set(), set()
    for parts, is_folder, hidden in walk(root):
        path = "/".join(parts)
        if is_folder:
            if not hidden and len(parts) <= depth:
                class_folders.add(parts)
        elif hidden:
            num_skipped += 1
        elif len(parts) <= depth:
            rejected.append((path, f"lies above the folder level {data.levels[-1]!r}"))
        else:
            filled_folders.update(parts[:level] for level in range(1, depth + 1))
            labels = {level: (name,) for level, name in zip(data.levels, parts)}
            rows.append(Row(path, labels))
    if not rows:
        pattern = "/".join(f"<{level}>" for level in data.levels)
        raise InputError(
            f"data.root: {data.root} must hold images as {pattern}/<file>, got none "
            f"({len(rejected)} files lie higher). Check data.root and data.levels."
        )
    empty = sorted("/".join(parts) for parts in class_folders - filled_folders)
    if empty:
        raise InputError(
            f"data.root: every class folder must hold images, got {len(empty)} without: "
            f"{listed(empty)}. Fill or remove them."
        )
    rows.sort(key=lambda row: row.path)
    return Listing(
        root, rows, dict.fromkeys(data.levels, "multiclass"), num_skipped, rejected
    )
