"""DVC's experiments of a repository, and its queue.

In: an experiment's name and overrides. Out: what DVC and git say of it. An experiment
that has ended well is the git reference `refs/exps/<revision>/<name>`.
"""

import re
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from headswap.errors import InputError, listed
from headswap.use import dvc

QUEUED, RUNNING, FAILED = "Queued", "Running", "Failed"
NUM_LOG_LINES = 20
SHORT_REVISION = 7


@dataclass(frozen=True)
class Status:
    """What `dvc queue status` says.

    Attributes:
        tasks: (revision, name, state) of each; state is Queued, Running, Success or
            Failed.
        has_worker: whether a worker answered. One that runs may fail to answer in time.
    """

    tasks: tuple[tuple[str, str, str], ...]
    has_worker: bool

    @property
    def states(self) -> dict[str, str]:
        """The state of each task, by its name."""
        return {name: state for _, name, state in self.tasks}


def parse_status(text: str) -> Status:
    """Return what the output of `dvc queue status` says."""
    tasks = []
    for line in text.splitlines():
        words = line.split()
        if words and re.fullmatch(rf"[0-9a-f]{{{SHORT_REVISION}}}", words[0]):
            tasks.append((words[0], words[1], words[-1]))
    counts = re.search(r"^Worker status: (\d+) active, (\d+) idle", text, re.MULTILINE)
    return Status(tuple(tasks), counts is not None and any(map(int, counts.groups())))


def queue_arguments(name: str, overrides: Sequence[str]) -> list[str]:
    """Return the arguments of `dvc` that put an experiment into DVC's queue."""
    return ["exp", "run", "--queue", "--name", name, *settings(overrides)]


def run_arguments(name: str, overrides: Sequence[str]) -> list[str]:
    """Return the arguments of `dvc` that run an experiment beside the workspace."""
    return ["exp", "run", "--temp", "--name", name, *settings(overrides)]


def settings(overrides: Sequence[str]) -> list[str]:
    """Return overrides as arguments of `dvc`."""
    return [part for override in overrides for part in ("-S", override)]


def last_lines(text: str) -> str:
    """Return the end of what was printed."""
    return "\n".join(text.splitlines()[-NUM_LOG_LINES:])


def reference_of(name: str, revision: str) -> str:
    """Return the git reference of an experiment that starts from a commit."""
    return f"refs/exps/{revision[:2]}/{revision[2:]}/{name}"


class Experiments:
    """The experiments of one repository.

    Args:
        root: the folder that holds dvc.yaml.
    """

    def __init__(self, root: Path):
        self.root = root

    def revision(self) -> str:
        """Return the commit that new experiments start from.

        Raises:
            InputError: there is none.
        """
        head = self.call("git", "rev-parse", "--verify", "HEAD")
        if head.returncode:
            raise InputError(
                f"{self.root}: the folder must be a git repository with a commit, got "
                f"{head.stderr.strip()!r}. Runs are kept as commits: work in a clone."
            )
        return head.stdout.strip()

    def status(self) -> Status:
        """Return what is in the queue."""
        return parse_status(self._demand("dvc", "queue", "status"))

    def discard(self, names: Collection[str], revision: str) -> None:
        """Remove tasks and experiments of these names, so that they can run anew.

        Args:
            names: of experiments.
            revision: experiments from other revisions are kept.

        Raises:
            InputError: one of them is running.
        """
        tasks = [task for task in self.status().tasks if task[1] in names]
        if running := [name for _, name, state in tasks if state == RUNNING]:
            raise InputError(
                f"{self.root}: no experiment named as a run to start must be running, "
                f"got {listed(running)}. Wait for it, or end it with "
                f"`dvc queue kill {' '.join(running)}`."
            )
        if tasks:
            self._demand("dvc", "queue", "remove", *(task[0] for task in tasks))
        for name in names:
            if reference := self.find(name, revision):
                self._demand("git", "update-ref", "-d", reference)

    def queue(self, name: str, overrides: Sequence[str]) -> str:
        """Put an experiment into the queue; return "" or why DVC refuses it."""
        result = self.call("dvc", *queue_arguments(name, overrides))
        return result.stderr.strip() or "no reason" if result.returncode else ""

    def start(self, jobs: int) -> None:
        """Start as many workers as are missing; they outlive this process."""
        self._demand("dvc", "queue", "start", "-j", str(jobs))

    def find(self, name: str, revision: str) -> str | None:
        """Return an experiment's reference; None until it has ended well."""
        reference = reference_of(name, revision)
        result = self.call("git", "show-ref", "--verify", "--quiet", reference)
        return None if result.returncode else reference

    def read(self, reference: str, path: str) -> str | None:
        """Return a file of an experiment as text; None where it has none."""
        result = self.call("git", "show", f"{reference}:{path}")
        return None if result.returncode else result.stdout

    def log_end(self, name: str) -> str:
        """Return the last lines of what an experiment printed, or why none are."""
        result = self.call("dvc", "queue", "logs", name)
        return last_lines(result.stdout.strip() or result.stderr.strip())

    def _demand(self, *command: str) -> str:
        return dvc.demand(self.root, *command)

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the repository; return its status and what it printed."""
        return dvc.call(self.root, *command)
