"""Walking a folder of raw images, which is only ever read."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from headswap.errors import InputError
from headswap.machine.links import is_folder
from headswap.machine.places import find_place, is_stored, list_stored
from headswap.prepare.no_data import is_no_data

IMAGE_SUFFIXES = {
    ".jpg",
    ".jpeg",
    ".png",
    ".webp",
    ".avif",
    ".bmp",
    ".gif",
    ".tif",
    ".tiff",
}


def require_folder(root: str) -> Path:
    """Return the root as a path.

    Raises:
        InputError: it is no folder.
    """
    path = find_place(root)
    if not path.is_dir():
        raise InputError(
            f"data.root: it must be a folder of images, got {root!r}, which "
            f"{'is a file' if path.exists() else 'does not exist'}. "
            "Set data.root to the folder that holds the pictures."
        )
    return path


def walk(root: Path) -> Iterator[tuple[tuple[str, ...], bool, bool]]:
    """Yield (path parts below root, is a folder, is hidden) of everything, sorted.

    What lies in a hidden folder is hidden too. A link to a folder is followed once.
    """
    if is_stored(root):
        for path, leads_on, _ in list_stored(root):
            parts = tuple(path.split("/"))
            yield parts, leads_on, any(map(is_no_data, parts))
        return
    pending: list[tuple[tuple[str, ...], bool]] = [((), False)]
    visited = set()
    while pending:
        folder, hidden = pending.pop()
        real = root.joinpath(*folder).resolve()
        if (real, hidden) in visited:
            continue
        visited.add((real, hidden))
        with os.scandir(real) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
        subfolders = []
        for entry in ordered:
            parts, skip = (*folder, entry.name), hidden or is_no_data(entry.name)
            leads_on = is_folder(entry)
            yield parts, leads_on, skip
            if leads_on:
                subfolders.append((parts, skip))
        pending += reversed(subfolders)


def num_unnamed_images(root: Path, named: Collection[str]) -> int:
    """Return how many image files below the root are not among the named paths."""
    return sum(
        not leads_on
        and not hidden
        and Path(parts[-1]).suffix.lower() in IMAGE_SUFFIXES
        and "/".join(parts) not in named
        for parts, leads_on, hidden in walk(root)
    )
