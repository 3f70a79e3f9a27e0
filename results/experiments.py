"""DVC's experiments of a repository: the one module here that needs dvc and git.

In: a run's name and overrides. Out: what DVC and git say of it. An experiment that has
ended well is the git reference `refs/exps/<revision>/<run>`.
"""

import subprocess
from collections.abc import Collection
from pathlib import Path

from headswap.errors import InputError, listed
from headswap.use import dvc
from results.commands import Status, parse_status, queue_arguments, unfit_changes
from results.runs import Overrides

# No run depends on these; `python -m results` writes them.
ALLOWED_CHANGES = ("README.md", "results/")
NUM_LOG_LINES = 20


class Experiments:
    """The experiments of one repository.

    Args:
        root: the folder that holds dvc.yaml.
    """

    def __init__(self, root: Path):
        self._root = root

    def revision(self) -> str:
        """Return the commit that new experiments start from.

        Raises:
            InputError: there is none, or a file that runs depend on is changed.
        """
        head = self._call("git", "rev-parse", "--verify", "HEAD")
        if head.returncode:
            raise InputError(
                f"{self._root}: the folder must be a git repository with a commit, got "
                f"{head.stderr.strip()!r}. Runs are kept as commits: work in a clone."
            )
        status = "status", "--porcelain", "-z", "--untracked-files=no"
        changes = self._call("git", *status).stdout
        if unfit := unfit_changes(changes, ALLOWED_CHANGES):
            raise InputError(
                f"{self._root}: tracked files other than {', '.join(ALLOWED_CHANGES)} "
                f"must be as committed, got changes of {listed(unfit)}. Figures are "
                "stored with the commit that made them: `git commit` the changes, or "
                "lay them aside with `git stash`."
            )
        return head.stdout.strip()

    def status(self) -> Status:
        """Return what is in the queue."""
        return parse_status(self._demand("dvc", "queue", "status"))

    def discard(self, runs: Collection[str], revision: str) -> None:
        """Remove tasks and experiments of these names, so that they can run anew.

        Args:
            runs: by name.
            revision: experiments from other revisions are kept.

        Raises:
            InputError: one of them is running.
        """
        tasks = [task for task in self.status().tasks if task[1] in runs]
        if running := [name for _, name, state in tasks if state == "Running"]:
            raise InputError(
                f"{self._root}: no experiment named as a run to start must be running, "
                f"got {listed(running)}. Wait for it, or end it with "
                f"`dvc queue kill {' '.join(running)}`."
            )
        if tasks:
            self._demand("dvc", "queue", "remove", *(task[0] for task in tasks))
        for run in runs:
            if reference := self.find(run, revision):
                self._demand("git", "update-ref", "-d", reference)

    def queue(self, run: str, overrides: Overrides) -> str:
        """Put a run into the queue; return "" or why DVC refuses it."""
        result = self._call("dvc", *queue_arguments(run, overrides))
        return result.stderr.strip() or "no reason" if result.returncode else ""

    def start(self, jobs: int) -> None:
        """Start as many workers as are missing; they outlive this process."""
        self._demand("dvc", "queue", "start", "-j", str(jobs))

    def find(self, run: str, revision: str) -> str | None:
        """Return the reference of a run's experiment; None until it has ended well."""
        reference = f"refs/exps/{revision[:2]}/{revision[2:]}/{run}"
        result = self._call("git", "show-ref", "--verify", "--quiet", reference)
        return None if result.returncode else reference

    def read(self, reference: str, path: str) -> str | None:
        """Return a file of an experiment as text; None where it has none."""
        result = self._call("git", "show", f"{reference}:{path}")
        return None if result.returncode else result.stdout

    def log_end(self, run: str) -> str:
        """Return the last lines of what a run printed, or why there are none."""
        result = self._call("dvc", "queue", "logs", run)
        text = result.stdout.strip() or result.stderr.strip()
        return "\n".join(text.splitlines()[-NUM_LOG_LINES:])

    def _demand(self, *command: str) -> str:
        return dvc.demand(self._root, *command)

    def _call(self, *command: str) -> subprocess.CompletedProcess[str]:
        return dvc.call(self._root, *command)
