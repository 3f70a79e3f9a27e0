"""`headswap upgrade`: a project's files as the installed version has them.

Guaranteed: no edit of the user's is lost. What was changed by hand stays, with the new
file beside it where that is another one than before; values and comments of params.yaml
stay; and all of it is in git before anything is written.
"""

from dataclasses import dataclass
from pathlib import Path

from headswap import params
from headswap.errors import InputError, listed
from headswap.machine import project
from headswap.use import dvc
from headswap.use.project.files import difference, lists, read, write
from headswap.use.project.parameters import bring_up, comments

BESIDE = ".new"


@dataclass
class _Changes:
    """What an upgrade does: new texts by path (None removes a file), and in words."""

    texts: dict[str, str | None]
    edited: list[str]
    said: list[str]


def upgrade(folder: Path, version: str, is_dry: bool) -> None:
    """Show what this version changes in a project, and write it.

    Args:
        folder: of the project.
        version: of headswap.
        is_dry: write nothing.

    Raises:
        InputError: it is no project of somebody's own, changes are not committed, or,
            at the end, edited files have to be brought up by hand.
    """
    lock = project.read_lock(folder)
    if not lock:
        raise InputError(
            f"headswap upgrade: {folder} must be a project that `headswap init` made, "
            f"got no readable {project.LOCK}. Restore it from git, or name the folder."
        )
    changes = _plan(folder, version, lock["files"], lock["comments"])
    old = {name: read(folder / name) for name in changes.texts}
    changed = {name: text for name, text in changes.texts.items() if text != old[name]}
    if not changed:
        print(f"{folder}: its files are those of headswap {version} already")
        return
    shown = {name: text for name, text in changed.items() if name != project.LOCK}
    # Against what it is to be merged with.
    ours = {f"{name}{BESIDE}": read(folder / name) for name in changes.edited}
    print(difference({**old, **ours}, shown) or "No file changes but headswap.lock.")
    print()
    for line in changes.said:
        print(line)
    if is_dry:
        print("Nothing was written.")
        return
    _require_committed(folder, sorted(changed))
    for name, text in changed.items():
        if text is None:
            (folder / name).unlink(missing_ok=True)
        else:
            write(folder / name, text)
    before = lock.get("headswap")
    print(f"{folder}: headswap {before} -> {version}. `git diff` shows it again.")
    if changes.edited:
        beside = [f"{name}{BESIDE}" for name in changes.edited]
        raise InputError(
            f"headswap upgrade: {listed(changes.edited)} must be brought up by hand, "
            f"got edits of yours. This version's text is beside it, in "
            f"{listed(beside)}: take over what is new there and delete it. All else "
            "is done."
        )


def _plan(
    folder: Path, version: str, known: dict[str, str], known_comments: dict[str, str]
) -> _Changes:
    """Return what has to change.

    Args:
        folder: of the project.
        version: of headswap.
        known: hashes of the files as they were written, by path.
        known_comments: likewise of those of params.yaml, by section.
    """
    files = project.own_files()
    # Says what is wrong with it where it is no YAML.
    params.load(folder / project.PARAMETERS)
    changes = _Changes({}, [], [])
    for name, text in files.items():
        there, before = read(folder / name), known.get(name)
        if name == project.PARAMETERS and there is not None:
            new, said = bring_up(there, text, params.RENAMED, known_comments, name)
            changes.texts[name] = new
            changes.said += [f"{name}: {line}" for line in said]
        elif there == text or before == project.hash_text(text):
            # As it is to be; or edited, or removed, and no other than before.
            continue
        elif there is None and before is not None:
            changes.said.append(f"{name}: it was removed here, and stays so")
        elif there is None or project.hash_text(there) == before:
            changes.texts[name] = text
        else:
            changes.texts[f"{name}{BESIDE}"] = text
            changes.edited.append(name)
            changes.said.append(
                f"{name}: it was edited here, and stays so; this version's, to which "
                f"the difference is shown, comes beside it as {name}{BESIDE}"
            )
    for name in sorted(known.keys() - files.keys()):
        there = read(folder / name)
        if there is not None and project.hash_text(there) == known[name]:
            changes.texts[name] = None
        elif there is not None:
            changes.said.append(f"{name}: this version has no such file; yours stays")
    changes.texts |= lists(folder)
    changes.texts[project.LOCK] = project.lock_text(
        version, files, comments(files[project.PARAMETERS])
    )
    return changes


def _require_committed(folder: Path, names: list[str]) -> None:
    """Check that git has the files that are to be written as they are.

    Raises:
        InputError: with those it has not.
    """
    status = dvc.demand(folder, "git", "status", "--porcelain", "-z", "--", *names)
    # Two letters, a space and the path; of a renamed one the old path follows.
    changed = [entry[3:] for entry in status.split("\0") if entry[2:3] == " "]
    if changed:
        raise InputError(
            f"headswap upgrade: what it writes must be committed first, got changes in "
            f"{listed(changed)}. Commit or undo them (`git status`); nothing was "
            "written."
        )
