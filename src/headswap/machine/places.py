"""Where the user's files are: in a folder of this machine, or of an object storage.

`s3://bucket/pictures` is read through fsspec, which has a package for each storage and
takes credentials from the environment; a path there is a `UPath`, which is used as one
here is. Nothing is ever written to either.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from headswap.errors import InputError, shortened

# Between the name of a storage and a path in it.
_SCHEME_END = "://"


def is_stored(path: str | Path) -> bool:
    """Return whether a path is one of a storage."""
    return _SCHEME_END in str(path)


def find_place(path: str) -> Path:
    """Return a path here, or one of a storage.

    Raises:
        InputError: it is of a storage for which a package is missing, or holds
            credentials, which git and DVC would keep.
    """
    if not is_stored(path):
        return Path(path)
    scheme, host = urlsplit(path)[:2]
    if "@" in host:
        raise InputError(
            f"data.root: a storage must be named without credentials, got some in "
            f"{scheme}{_SCHEME_END}…@{host.rpartition('@')[2]}. Give them in the "
            "environment."
        )
    try:
        from upath import UPath

        place = UPath(path)
        _ = place.fs
    except (ImportError, ValueError) as error:
        raise InputError(
            f"data.root: to read {scheme}{_SCHEME_END} the packages of that storage "
            f"must be installed, got: {shortened(str(error))}. Install headswap[s3] "
            f"for s3{_SCHEME_END}, or universal-pathlib and dvc[{scheme}]."
        ) from error
    return cast(Path, place)


def require_answer(folder: Path) -> None:
    """Check that a storage lets a folder be listed.

    Raises:
        InputError: it does not, or cannot be reached.
    """
    files, path = cast(Any, folder).fs, cast(Any, folder).path
    try:
        files.ls(path)
    except FileNotFoundError as error:
        # Of a bucket that is not there a storage says more than the name of it.
        said = _said(error)
        raise InputError(
            f"data.root: {folder} must be a folder with files, got "
            f"{said if ' ' in said else 'nothing there'}. Correct data.root."
        ) from error
    # What is wrong with a network or an account has a class in every library.
    except Exception as error:
        raise InputError(
            f"data.root: {folder} must be a folder of a storage that lets it be read, "
            f"got: {_said(error)}. Check the name, the credentials in the environment "
            "and the network."
        ) from error


def list_stored(folder: Path) -> Iterator[tuple[str, bool, str]]:
    """Yield (path below, is a folder, version) of all below a folder of a storage.

    They are sorted. The version is of what the storage says of a file, such as its
    ETag: another content has another one.
    """
    files, root = cast(Any, folder).fs, cast(Any, folder).path.rstrip("/")
    found = files.find(root, withdirs=True, detail=True)
    for name, facts in sorted(found.items()):
        path = name.removeprefix(root).strip("/")
        if path:
            known = sorted((key, str(value)) for key, value in facts.items())
            yield path, facts["type"] == "directory", repr(known)


def read_stored(folder: Path, paths: Sequence[str]) -> list[bytes]:
    """Return what files of a storage hold, all asked for at once.

    Args:
        folder: of the storage.
        paths: below the folder.

    Raises:
        InputError: the storage does not give one of them. That says nothing of the
            file, so it is no reason to go on without.
    """
    files, root = cast(Any, folder).fs, cast(Any, folder).path.rstrip("/")
    names = [f"{root}/{path}" for path in paths]
    found = files.cat(names, on_error="return") if names else {}
    for name in names:
        if isinstance(found[name], Exception):
            raise InputError(
                f"data.root: {folder} must give every file that it lists, got for "
                f"{name}: {_said(found[name])}. Run the same command again: what was "
                "read is kept."
            ) from found[name]
    return [found[name] for name in names]


def _said(error: Exception) -> str:
    return shortened(str(error) or type(error).__name__)
