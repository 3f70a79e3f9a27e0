"""What lies behind links to folders: DVC sees the link and does not follow it."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from headswap.machine.fingerprint import hash_text


def describe_links(root: str) -> dict[str, str]:
    """Return what lies behind the links to folders below a folder.

    Args:
        root: the folder; of one that is not there nothing is known.

    Returns:
        by the path of a link below the root, a hash of the names, sizes and times of
        all that is reached by it first.
    """
    behind = defaultdict(list)
    pending, visited = [(root, "")], {os.path.realpath(root)}
    while pending:
        folder, link = pending.pop()
        for entry in _entries(folder):
            path, of = os.path.relpath(entry.path, root), link
            if is_folder(entry):
                if entry.is_symlink():
                    real = os.path.realpath(entry.path)
                    if real in visited:
                        continue
                    visited.add(real)
                    of = link or path
                pending.append((entry.path, of))
            if of:
                behind[of].append((path, _facts(entry)))
    return {link: hash_text(sorted(behind[link])) for link in sorted(behind)}


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:
        yield from entries


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # A link that leads to itself.
        return False


def _facts(entry: os.DirEntry[str]) -> tuple[int, int]:
    """Return a file's size and time; those of a folder say nothing of the files."""
    with suppress(OSError):
        if entry.is_file():
            found = entry.stat()
            return found.st_size, found.st_mtime_ns
    return 0, 0
