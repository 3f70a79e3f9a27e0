"""Paths in a table -> files, however they are written, or what is wrong with them."""

from collections import defaultdict
from functools import cached_property
from pathlib import Path, PurePosixPath

from headswap.errors import MAX_LISTED, listed
from headswap.machine.places import is_stored
from headswap.prepare.normal_form import composed
from headswap.prepare.walking import IMAGE_SUFFIXES, walk


class Paths:
    """Tells which files the paths in a table stand for.

    Args:
        root: the folder that they start from.
    """

    def __init__(self, root: Path):
        self._root = root
        self._missing: list[str] = []
        self._outside: list[str] = []
        self._unclear: list[str] = []
        self._respelled: dict[str, str] = {}
        # As the user names it, and where a link to it leads.
        self._names = (
            [str(root)]
            if is_stored(root)
            else [root.absolute().as_posix(), root.resolve().as_posix()]
        )

    def relative(self, cell: str) -> str | None:
        """Return a path below the root, or None where it leads outside.

        A backslash parts folders, unless a file has it in its very name.
        """
        own = self._below(cell)
        if "\\" in cell and not (own and self._is_there(own, composed(own))):
            return self._below(cell.replace("\\", "/"))
        return own

    def _below(self, cell: str) -> str | None:
        path = PurePosixPath(cell)
        if path.is_absolute() or is_stored(cell):
            above = [name for name in self._names if path.is_relative_to(name)]
            if not above:
                return None
            path = path.relative_to(above[0])
        parts: list[str] = []
        for part in path.parts:
            if part != "..":
                parts.append(part)
            elif not parts:
                return None
            else:
                parts.pop()
        return "/".join(parts)

    def files(self, path: str) -> list[str]:
        """Return the files that a path below the root may stand for.

        That is the one of this very name; or else of a name that differs in Unicode
        form alone; or else, where it has no image's suffix, all images that it would
        name with one.
        """
        name = composed(path)
        if self._is_there(path, name):
            return [path]
        if found := self._by_name.get(name):
            return found
        has_suffix = PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES
        return [] if has_suffix else self._by_stem.get(name, [])

    def _is_there(self, path: str, name: str) -> bool:
        if is_stored(self._root):  # It has been listed, which is asked for once.
            return path in self._by_name.get(name, ())
        return is_file(self._root / path)

    def take(self, cell: str) -> str | None:
        """Return the file that a path stands for; where there is none, note why."""
        path = self.relative(cell)
        if path is None:
            self._outside.append(cell)
            return None
        found = self.files(path)
        if not found:
            self._missing.append(path)
        elif len(found) > 1:
            self._unclear.append(f"{path} ({' or '.join(found)})")
        elif found != [path]:
            self._respelled[path] = found[0]
        return found[0] if len(found) == 1 else None

    def faults(self) -> list[str]:
        """Return one sentence a kind of path that stands for no file."""
        faults = []
        if self._missing:
            faults.append(
                f"data.table: every path must be a file below {self._root}, got "
                f"{len(self._missing)} missing: {listed(self._missing)}. "
                + (
                    f"Files of these names are in {folder}: set data.root="
                    f"{self._root / folder}, and name the table from there (../)."
                    if (folder := self._folder_of_missing())
                    else "Add the files, remove the lines, or check data.root."
                )
            )
        if self._outside:
            faults.append(
                f"data.table: every path must stay below {self._root}, got "
                f"{len(self._outside)} that lead outside: {listed(self._outside)}. "
                "Move the files or set data.root."
            )
        if self._unclear:
            faults.append(
                f"data.table: every path must stand for one file below {self._root}, "
                f"got {len(self._unclear)} that may be several: "
                f"{listed(self._unclear)}. Write the suffix."
            )
        return faults

    def _folder_of_missing(self) -> str:
        """Return the one folder that the missing files are in, or ""."""
        found: set[str] | None = None
        for path in self._missing[:MAX_LISTED]:
            end = f"/{composed(path)}"
            names = [*self._by_name, *self._by_stem]
            folders = {n.removesuffix(end) for n in names if n.endswith(end)}
            found = folders if found is None else found & folders
        return found.pop() if found and len(found) == 1 else ""

    def say(self) -> None:
        """Print which paths are not spelled as their files."""
        if self._respelled:
            pairs = [f"{path} for {file}" for path, file in self._respelled.items()]
            print(
                f"note: {len(pairs)} paths lack a suffix or have another Unicode form "
                f"than their files, which are taken: {listed(pairs)}"
            )

    def is_there(self, cell: str) -> bool:
        """Return whether it is the path of one file below the root."""
        path = self.relative(cell)
        return bool(path) and len(self.files(path or "")) == 1

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """All files, by their paths in composed form."""
        found: dict[str, list[str]] = defaultdict(list)
        for parts, is_folder, _ in walk(self._root):
            if not is_folder:
                path = "/".join(parts)
                found[composed(path)].append(path)
        return dict(found)

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        """All images, by their paths in composed form without the suffix."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, paths in self._by_name.items():
            suffix = PurePosixPath(name).suffix
            if suffix.lower() in IMAGE_SUFFIXES:
                found[name.removesuffix(suffix)] += paths
        return dict(found)


def is_file(path: Path) -> bool:
    """Return whether a path, however long, is that of a file."""
    try:
        return path.is_file()
    except OSError:  # A name longer than any file's.
        return False
