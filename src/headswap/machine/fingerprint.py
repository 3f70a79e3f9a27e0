"""Fingerprints: of files, code and libraries, for names that change when they do."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from headswap.machine.closure import SOURCE, find_closure


def hash_file(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_if_readable(path: Path) -> str | None:
    """Return a file's hash; None where it cannot be read."""
    try:
        return hash_file(path)
    except OSError:
        return None


def hash_code(modules: Iterable[str]) -> str:
    """Return the hexadecimal SHA-256 of some modules' source and all they import.

    Args:
        modules: dotted names in this package.
    """
    files = [SOURCE.joinpath(*name.split(".")).with_suffix(".py") for name in modules]
    return hash_sources(find_closure(files), SOURCE)


def hash_sources(files: Iterable[Path], root: Path) -> str:
    """Return the hexadecimal SHA-256 of files, and of their paths below a folder."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0")
        digest.update(file.read_bytes())
    return digest.hexdigest()


def hash_text(parts: Iterable[object]) -> str:
    """Return the hexadecimal SHA-256 of the parts' texts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode() + b"\0")
    return digest.hexdigest()


def library_versions(libraries: Sequence[str]) -> dict[str, str | None]:
    """Return the installed version of each library; None where it is not installed."""
    return {library: _version(library) for library in libraries}


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def set_variables(
    environment: Mapping[str, str], prefixes: tuple[str, ...], without: tuple[str, ...]
) -> dict[str, str]:
    """Return the environment variables that begin in one way and not in another."""
    return {
        name: value
        for name, value in sorted(environment.items())
        if name.startswith(prefixes) and not name.startswith(without)
    }
