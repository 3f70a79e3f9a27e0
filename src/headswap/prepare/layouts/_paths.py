"""Paths in a table: written in any way, below the root or not."""

from pathlib import Path, PurePosixPath


class Paths:
    """Tells what the paths in a table stand for.

    Args:
        root: the folder that they start from.
    """

    def __init__(self, root: Path):
        self._root = root
        # As the user names it, and where a link to it leads.
        self._names = [root.absolute().as_posix(), root.resolve().as_posix()]

    def relative(self, cell: str) -> str | None:
        """Return a path below the root, or None where it leads outside."""
        path = PurePosixPath(cell.replace("\\", "/"))
        if path.is_absolute():
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

    def is_there(self, cell: str) -> bool:
        """Return whether it is the path of a file below the root."""
        path = self.relative(cell)
        return path is not None and is_file(self._root / path)


def is_file(path: Path) -> bool:
    """Return whether a path, however long, is that of a file."""
    try:
        return path.is_file()
    except OSError:  # A name longer than any file's.
        return False
