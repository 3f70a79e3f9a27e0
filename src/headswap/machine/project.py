"""The files of a project, as this version of headswap brings them.

A project is dvc.yaml, params.yaml, stages/ and a few more, and this repository is one:
it owns these files, and a built package holds them in `headswap/project`. Out: their
texts as a project of somebody's own gets them, and the code of the package that each
stage depends on. In this repository DVC sees that code by itself; in any other project
it lies where the package is installed, and its hashes stand for it.

Importing it needs nothing but Python, for building the package asks it too.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from headswap.machine.closure import SOURCE
from headswap.machine.fingerprint import hash_sources

INSTALLED = SOURCE / "headswap" / "project"
HOME = INSTALLED if INSTALLED.is_dir() else SOURCE.parent
PIPELINE = "dvc.yaml"
PARAMETERS = "params.yaml"
# Of which version a project's files are.
LOCK = "headswap.lock"
# What a project has of its own; a user may edit it.
OWN = (PIPELINE, PARAMETERS, "stages/*.py", "recipes/*.yaml", ".dvc/plots/*.json")
# Lists of what is passed over, to which users add.
IGNORED = (".gitignore", ".dvcignore", "data/.gitignore", "data/sample/.gitignore")
SETTINGS = ".dvc/config"
# Runs where it is.
SAMPLE = "data/sample"
_PACKED = (*OWN, *IGNORED, SETTINGS, f"{SAMPLE}/draw/**/*.py")
_CODE = "src/"


def packed_files() -> list[str]:
    """Return the files that a built package holds, relative to `HOME`."""
    return [name for pattern in _PACKED for name in _found(pattern)]


def own_files() -> dict[str, str]:
    """Return the text of each file that a project gets, by its path."""
    return {name: _as_own(name) for pattern in OWN for name in _found(pattern)}


def ignored_lines() -> dict[str, list[str]]:
    """Return what files of each list have to pass over, by the path of the list."""
    return {name: _read(name).splitlines() for name in IGNORED}


def _found(pattern: str) -> list[str]:
    return sorted(file.relative_to(HOME).as_posix() for file in HOME.glob(pattern))


def _read(name: str) -> str:
    return (HOME / name).read_text(encoding="utf-8")


def _as_own(name: str) -> str:
    """Return a file as it stands where the package is not beside it."""
    text = _read(name)
    if name == PIPELINE:
        lines = text.splitlines(keepends=True)
        # `check` notes the package's code by its hashes.
        return "".join(x for x in lines if not x.lstrip().startswith(f"- {_CODE}"))
    # Where a comment names a part of the package.
    return text.replace(f"{_CODE}headswap/", "headswap/")


def is_beside(folder: Path) -> bool:
    """Return whether the package that runs lies in a project, as in this repository."""
    return (folder / "src").resolve() == SOURCE


def hash_code(stage: str) -> dict[str, str]:
    """Return the hash of each part of the package that a stage depends on, by name."""
    return {
        name: hash_sources(_files(SOURCE / name), SOURCE)
        for name in _code_by_stage()[stage]
    }


@cache
def _code_by_stage() -> dict[str, list[str]]:
    """Return the parts of the package that dvc.yaml names, by stage."""
    from ruamel.yaml import YAML

    stages = YAML(typ="safe").load(_read(PIPELINE))["stages"]
    return {
        stage: [
            name.removeprefix(_CODE)
            for name in declared.get("deps", ())
            if name.startswith(_CODE)
        ]
        for stage, declared in stages.items()
    }


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    for file in place.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file


def read_lock(folder: Path) -> Mapping[str, Any]:
    """Return what `write_lock` wrote; empty where that is missing or damaged."""
    try:
        read = json.loads((folder / LOCK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_whole = isinstance(read, dict) and {"files", "comments"} <= read.keys()
    return read if is_whole else {}


def lock_text(
    version: str, files: Mapping[str, str], comments: Mapping[str, str]
) -> str:
    """Return what `headswap.lock` says: a version, and what it wrote.

    Args:
        version: of headswap.
        files: texts by path.
        comments: of params.yaml, by section.
    """
    lock: dict[str, Any] = {"headswap": version}
    for name, texts in (("files", files), ("comments", comments)):
        lock[name] = {key: hash_text(text) for key, text in sorted(texts.items())}
    return json.dumps(lock, indent=1) + "\n"


def hash_text(text: str) -> str:
    """Return the hexadecimal SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
