"""Walking a folder of raw images, which is only ever read."""

import json
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from headswap.errors import InputError, listed
from headswap.machine.places import find_place, is_stored, list_stored
from headswap.params.data import Part, Section
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


# Of letters, and no text.
YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off"}


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


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # A link that leads to itself.
        return False


def walk(root: Path) -> Iterator[tuple[tuple[str, ...], bool, bool]]:
    """Yield (path parts below root, is a folder, is hidden) of everything, sorted.

    What lies in a hidden folder is hidden too. A link to a folder is followed once.
    """
    if is_stored(root):
        for path, is_folder, _ in list_stored(root):
            parts = tuple(path.split("/"))
            yield parts, is_folder, any(map(is_no_data, parts))
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
            is_folder = _is_folder(entry)
            yield parts, is_folder, skip
            if is_folder:
                subfolders.append((parts, skip))
        pending += reversed(subfolders)


def require_parts(
    names: Collection[str], data: Section, where: str, advice: str = ""
) -> dict[str, Part]:
    """Return the part that each of a data set's own part names stands for.

    Args:
        names: that were found.
        data: the section, whose `parts` say what they mean.
        where: they were found.
        advice: a sentence, if the names may be none of parts.

    Raises:
        InputError: with every name that `data.parts` does not know.
    """
    known = {name.casefold(): part for name, part in data.parts.items()}
    known |= data.parts
    parts = {name: known.get(name, known.get(name.casefold())) for name in names}
    unknown = sorted(name for name, part in parts.items() if part is None)
    if unknown:
        raise InputError(
            f"{where}: the part must be one of {', '.join(data.parts)}, got "
            f"{listed([repr(name) for name in unknown])}. {advice}Say in data.parts of "
            f"params.yaml what they are, such as `{as_key(unknown[0])}: train`."
        )
    return {name: part for name, part in parts.items() if part is not None}


def as_key(name: str) -> str:
    """Return a text as YAML reads it: 0 and True are none without quotes."""
    is_plain = re.fullmatch(r"[A-Za-z][\w-]*", name)
    return name if is_plain and name.lower() not in YAML_WORDS else json.dumps(name)


def num_unnamed_images(root: Path, named: Collection[str]) -> int:
    """Return how many image files below the root are not among the named paths."""
    return sum(
        not is_folder
        and not hidden
        and Path(parts[-1]).suffix.lower() in IMAGE_SUFFIXES
        and "/".join(parts) not in named
        for parts, is_folder, hidden in walk(root)
    )
