"""Whether DVC can walk the raw images: it does so before any other stage, wordlessly.

A link that leads nowhere or a name that is no UTF-8 stops it with a bare error, a pipe
for good. Where an experiment runs in a copy of the project, a relative folder is only
there if git or DVC knows it.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from headswap import params
from headswap.artifacts.storage.tables import is_text
from headswap.errors import InputError, listed
from headswap.machine.places import find_place, is_stored, require_answer


def require_walkable(root: str) -> None:
    """Check that DVC can read whatever lies below a folder, or list it in a storage.

    Args:
        root: the folder; nothing is said of one that is not there.

    Raises:
        InputError: with every file and folder at which DVC would stop, or why a storage
            does not answer.
    """
    if is_stored(root):
        require_answer(find_place(root))
        return
    offenders = [f"{path} ({what})" for path, what in _offenders(root)]
    if offenders:
        raise InputError(
            f"data.root: everything below {root} must be a file or folder that DVC can "
            f"read, got {len(offenders)} at which it would stop: "
            f"{listed(sorted(offenders))}. Remove, repair or rename them."
        )


def _offenders(root: str) -> Iterator[tuple[str, str]]:
    """Yield (path below the root, what is wrong with it)."""
    pending, visited = [root], {os.path.realpath(root)}
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(folder))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield os.path.relpath(folder, root), f"cannot be opened: {error.strerror}"
            continue
        for entry in entries:
            # Each question is one that the listing answers, but for links.
            if not entry.name.isascii() and not is_text(entry.name):
                yield os.path.relpath(entry.path, root), "its name is no UTF-8"
            elif entry.is_symlink():
                kind = _kind_behind(entry)
                if kind == "folder":
                    real = os.path.realpath(entry.path)
                    if real not in visited:
                        visited.add(real)
                        pending.append(entry.path)
                elif kind:
                    yield os.path.relpath(entry.path, root), kind
            elif entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
            elif not entry.is_file(follow_symlinks=False):
                yield os.path.relpath(entry.path, root), "a pipe, socket or device"


def _kind_behind(link: os.DirEntry[str]) -> str:
    """Return what a link leads to where that is no file."""
    try:
        mode = link.stat().st_mode
    except OSError:
        return "a link that leads nowhere"
    if stat.S_ISDIR(mode):
        return "folder"
    return "" if stat.S_ISREG(mode) else "a link to a pipe, socket or device"


def require_reachable(root: str, environment: Mapping[str, str]) -> None:
    """Check that a copy of the project has the raw images; where they lack, say so.

    Args:
        root: the folder.
        environment: in which DVC names the folder an experiment was started from.

    Raises:
        InputError: the folder lies where the experiment was started, and only there.
    """
    if is_stored(root) or Path(root).exists():
        return
    workspace = Path(environment.get("DVC_ROOT", "."))
    there = Path(os.path.normpath(workspace.absolute() / root))
    here = Path(os.path.normpath(Path.cwd() / root))
    if there != here and there.exists() and not _is_known(root):
        raise InputError(
            f"data.root: it must be an absolute path in an experiment that runs in a "
            f"copy of the project, unless git or DVC has the folder, got {root!r}, "
            f"which is in {workspace} alone. Set data.root={there}, or run "
            f"`dvc add {root}` and commit {root}.dvc."
        )
    # No error: DVC may be about to fetch it, or not to need it.
    print(
        f"note: data.root: {root!r} does not exist here. A queued experiment finds "
        "it where the path is absolute, or where its .dvc file is in git."
    )


def _is_known(root: str) -> bool:
    """Return whether DVC has a folder, or one above it, here."""
    folder = Path(os.path.normpath(root))
    above = [folder, *folder.parents][:-1]
    if any(path.with_name(f"{path.name}.dvc").exists() for path in above):
        return True
    stages = params.load("dvc.yaml").get("stages", {}).values()
    outs = [out for stage in stages for out in stage.get("outs", ())]
    names = {out if isinstance(out, str) else next(iter(out)) for out in outs}
    return bool(names & set(map(str, above)))
