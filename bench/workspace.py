"""A temporary folder in which stages run as dvc.yaml starts them, but without DVC.

Every stage is a process of its own, so its time holds its imports too and its peak
memory is its own. This module imports no Keras: Linux counts the memory of the process
that starts another one as the other's.
"""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
MONUMENTS = ROOT.parent / "shared" / "datasets" / "monuments"


@dataclass(frozen=True)
class Usage:
    """What a process took.

    Attributes:
        seconds: from start to end.
        cpu_seconds: over all cores; another process's work hardly changes it.
        megabytes: the most it held in memory at any time.
    """

    seconds: float
    cpu_seconds: float
    megabytes: float


class Process:
    """A Python command that has been started.

    Args:
        arguments: of Python.
        folder: its messages are added to `log.txt` there.
        place: to run it in; by default the same folder.
    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, place: Path | None = None
    ):
        self._arguments = arguments
        self._folder = folder
        self._start = time.perf_counter()
        with open(folder / "log.txt", "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=place or folder,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    # Nothing that was computed before, by the benchmark's user.
                    "HEADSWAP_CACHE": str(folder.resolve() / "store"),
                },
                stdout=log,
                stderr=log,
            )

    def wait(self) -> Usage:
        """Return what the command took, when it has ended.

        Raises:
            RuntimeError: it failed; with the end of its log.
        """
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode:
            log = (self._folder / "log.txt").read_text(errors="replace")
            raise RuntimeError(
                f"{shlex.join(self._arguments)} ended with {self._process.returncode}: "
                f"{log[-2000:]}"
            )
        return Usage(
            time.perf_counter() - self._start,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024,
        )


class Workspace:
    """A folder with its own params.yaml; stages write below its `data/`.

    Args:
        folder: to make.
        changes: of the repository's parameters, by section.
    """

    def __init__(self, folder: Path, changes: Mapping[str, Mapping[str, Any]]):
        self.folder = folder
        self._params = YAML(typ="safe").load((ROOT / "params.yaml").read_text())
        self._params["split"]["repeats"] = 1
        for section, values in changes.items():
            self._params[section].update(values)
        (folder / "data").mkdir(parents=True)
        YAML().dump(self._params, folder / "params.yaml")
        # Stages read there what they depend on.
        (folder / "dvc.yaml").symlink_to(ROOT / "dvc.yaml")
        self.run("check")

    def branch(self, name: str, **train: Any) -> "Workspace":
        """Return a workspace on this one's data, with other `train` parameters."""
        changes = {**self._params, "train": {**self._params["train"], **train}}
        other = Workspace(self.folder / name, changes)
        for made in (self.folder / "data").iterdir():
            # Its inputs are its own: it has checked other parameters.
            if made.name != "inputs":
                (other.folder / "data" / made.name).symlink_to(made)
        return other

    def start(self, stage: str) -> Process:
        """Start a stage with the paths that stand in dvc.yaml."""
        stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())["stages"]
        _, *arguments = shlex.split(stages[stage]["cmd"])
        return Process(arguments, self.folder)

    def run(self, *stages: str) -> Usage:
        """Return what the last of the stages took, when all have run in turn."""
        for stage in stages:
            usage = self.start(stage).wait()
        return usage


def draw_sample(folder: Path) -> Path:
    """Return a folder with the sample's 420 pictures, freshly drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = folder.resolve() / "pictures"
    Process(["-m", "draw", str(pictures)], folder, ROOT / "data" / "sample").wait()
    return folder / "pictures"
