"""What an experiment depends on beside a commit and its parameters, as hashes.

Two calls give the same hash where code and pictures are the same, so that what has been
run is known again, and is run again where one of them changed.
"""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from headswap.machine.fingerprint import hash_text
from headswap.machine.places import find_place, is_stored, list_stored
from headswap.use import dvc

# Results, and what no run depends on: another state of these is no other experiment.
_NO_INPUTS = ("params.yaml", "dvc.lock", "metrics", "README.md", "results")


def hash_code(root: Path) -> str:
    """Return a hash that differs where the commit, or code beside it, does."""
    changed = dvc.call(
        root, "git", "diff", "HEAD", "--", ".", *(f":(exclude){x}" for x in _NO_INPUTS)
    )
    commit = dvc.call(root, "git", "rev-parse", "HEAD").stdout
    text = f"{commit}{changed.stdout}"
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def hash_pictures(folder: str) -> str:
    """Return a hash that differs where files of a folder outside the project do.

    What lies in the project is known to git, by DVC's file beside it or as its code;
    what lies behind links to folders is among the inputs of prepare.
    """
    if is_stored(folder):
        return hash_text(list_stored(find_place(folder)))
    if not Path(folder).is_absolute():
        return ""
    files = []
    for parent, _, names in os.walk(folder):
        for path in (Path(parent) / name for name in names):
            with suppress(OSError):
                found = path.stat()
                files.append((str(path), found.st_size, found.st_mtime_ns))
    return hash_text(sorted(files))


def count_files(folder: str) -> int:
    """Return how many files a folder has, 0 where it is not there."""
    if is_stored(folder):
        return sum(not is_folder for _, is_folder, _ in list_stored(find_place(folder)))
    return sum(len(names) for _, _, names in os.walk(folder))
