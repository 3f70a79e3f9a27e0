"""Files of a project, written: whole ones, and lists that gain lines.

A write that is cut off leaves the file as it was.
"""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from headswap.machine import project
from headswap.machine.outputs import replacing


def read(file: Path) -> str | None:
    """Return a file's text; None where there is none.

    Bytes that are no text come back as they were when the text is written.
    """
    if not file.is_file():
        return None
    # Without a change of line ends, which would make every line another one.
    with open(file, encoding="utf-8", errors="surrogateescape", newline="") as opened:
        return opened.read()


def write(file: Path, text: str) -> None:
    """Write a file as a whole, and the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with (
        replacing(file) as new,
        open(
            new, "w", encoding="utf-8", errors="surrogateescape", newline=""
        ) as opened,
    ):
        opened.write(text)


def with_lines(text: str | None, lines: Sequence[str]) -> str:
    """Return a list of what is passed over, with those lines that it lacks."""
    there = text or ""
    missing = [line for line in lines if line not in there.splitlines()]
    # A comment alone says nothing of what is there already.
    if not any(line and not line.startswith("#") for line in missing):
        return there
    if there and not there.endswith("\n"):
        there += "\n"
    return there + "".join(f"{line}\n" for line in missing)


def lists(folder: Path) -> dict[str, str]:
    """Return what the lists of ignored files have to say, by path."""
    return {
        name: with_lines(read(folder / name), lines)
        for name, lines in project.ignored_lines().items()
    }


def difference(old: Mapping[str, str | None], new: Mapping[str, str | None]) -> str:
    """Return what differs between texts as `diff -u` writes it.

    Args:
        old: texts by path; None where there is no file.
        new: likewise; paths that are not here stay.
    """
    lines: list[str] = []
    for name, text in new.items():
        before = old.get(name)
        made = difflib.unified_diff(
            (before or "").splitlines(),
            (text or "").splitlines(),
            "/dev/null" if before is None else f"a/{name}",
            "/dev/null" if text is None else f"b/{name}",
            lineterm="",
        )
        lines += made
    return "\n".join(lines)
