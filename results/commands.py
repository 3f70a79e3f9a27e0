"""The commands of runs, for a reader, and what git says before they run."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from headswap.errors import InputError, listed
from headswap.use.dvc import write_command
from results.runs import Overrides, Run

VARIABLE = "PHOTOS"
FOLDER = f"${VARIABLE}"


def expand_photos(
    runs: Mapping[str, Overrides], environment: Mapping[str, str]
) -> dict[str, Overrides]:
    """Return the runs with the folder of photographs in place of `$PHOTOS`.

    Args:
        runs: the overrides by run.
        environment: that of the process.

    Raises:
        InputError: the variable is needed and names no folder.
    """
    needing = [name for name, each in runs.items() if any(FOLDER in o for o in each)]
    photos = environment.get(VARIABLE, "")
    if needing and not (photos and Path(photos).is_dir()):
        raise InputError(
            f"{VARIABLE}: the environment variable must be the folder that holds "
            f"monuments, scenes and voc, got {photos!r}. Set it with `export "
            f"{VARIABLE}=...`; needed by {listed(needing)}."
        )
    # Queued experiments run in another folder.
    folder = str(Path(photos).resolve())
    return {
        name: tuple(override.replace(FOLDER, folder) for override in overrides)
        for name, overrides in runs.items()
    }


def shell_command(run: Run) -> str:
    """Return the command of a run for a shell, in lines that fit a README."""
    start = "dvc exp run"
    if run.recipe is not None:
        start = f"headswap sweep {run.recipe}"
    return write_command(start, run.entries, _quote)


def _quote(override: str) -> str:
    # Double quotes, where the shell is to put the folder in.
    return f'"{override}"' if FOLDER in override else shlex.quote(override)


def unfit_changes(porcelain: str, allowed: Sequence[str]) -> list[str]:
    """Return the changed files that a run would not find committed.

    Args:
        porcelain: the output of `git status --porcelain -z --untracked-files=no`.
        allowed: files, and folders with a `/` at the end, that no run depends on.
    """
    entries = iter(porcelain.split("\0"))
    changed = []
    for entry in entries:
        if entry:
            changed.append(entry[3:])
            if entry[0] in "RC":
                changed.append(next(entries))
    folders = tuple(path for path in allowed if path.endswith("/"))
    return [
        path for path in changed if not (path in allowed or path.startswith(folders))
    ]
