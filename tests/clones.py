"""A clone of the repository for a test, and commands that run in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def run(folder, *command, seconds=600, **environment):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    identity = {
        f"GIT_{who}_{what}": "test@localhost"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    result = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, **identity, **environment},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    result.output = result.stdout + result.stderr
    return result


def run_well(folder, *command, **options):
    result = run(folder, *command, **options)
    assert result.returncode == 0, result.output
    return result.output


def clone(repository, folder):
    """Copy what git tracks or would track, so that changes at hand are tested too."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (repository / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repository / name, folder / name)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "copy"]):
        run_well(folder, "git", *command)


def stages_run(output):
    return [
        line.split("'")[1]
        for line in output.splitlines()
        if line.startswith("Running stage")
    ]
