"""DVC and git as commands: called from a folder, and written for a shell.

Guaranteed: stages are run by this Python, whatever the user's path names first.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from headswap.errors import InputError, listed

MAX_WIDTH = 88
INDENT = "    "


def call(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder; return its status and what it printed."""
    # A worker of DVC's queue inherits these, and a pipe would be waited for until it
    # ends.
    with TemporaryFile() as output, TemporaryFile() as messages:
        ended = subprocess.run(
            command,
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=messages,
        )
        texts = []
        for file in (output, messages):
            file.seek(0)
            texts.append(file.read().decode("utf-8", errors="replace"))
    return subprocess.CompletedProcess(command, ended.returncode, *texts)


def demand(folder: Path, *command: str) -> str:
    """Run a command in a folder; return what it printed.

    Raises:
        InputError: it fails.
    """
    result = call(folder, *command)
    if result.returncode:
        raise InputError(
            f"`{shlex.join(command)}`: the command must succeed, got "
            f"{result.stderr.strip()!r}. {_remedy(folder)}Mend that and run again; "
            "what is in the queue stays there."
        )
    return result.stdout


def _remedy(folder: Path) -> str:
    """Return what to do where a full disk has left messages of DVC's queue empty.

    DVC reads them all, whatever it is asked, and ends at the first that is none.
    """
    messages = folder / ".dvc" / "tmp" / "exps" / "celery"
    empty = [
        str(file.relative_to(folder))
        for file in sorted(messages.rglob("*"))
        if file.is_file() and file.suffix != ".lock" and not file.stat().st_size
    ]
    if not empty:
        return ""
    return f"Its queue has empty files, as a full disk leaves: delete {listed(empty)}. "


def show(folder: Path, *command: str) -> int:
    """Run a command in a folder, printing as it goes; return its status."""
    return subprocess.run(command, cwd=folder, env=_environment()).returncode


def _environment() -> dict[str, str]:
    # Stages are started as `python`, which has to be this one.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path}


def write_command(
    start: str, overrides: Sequence[str], quote: Callable[[str], str] = shlex.quote
) -> str:
    """Return a command for a shell, in lines that fit a README.

    Args:
        start: of the command, as it is to stand there.
        overrides: each gets a `-S`.
        quote: an override for the shell.
    """
    lines = [start]
    for override in overrides:
        flag = f"-S {quote(override)}"
        # Two characters for the ` \` of a line that goes on.
        if len(f"{lines[-1]} {flag}") > MAX_WIDTH - 2:
            lines.append(f"{INDENT}{flag}")
        else:
            lines[-1] += f" {flag}"
    return " \\\n".join(lines)
