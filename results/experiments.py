"""The experiments of this repository, as `headswap.use` has them, for stored figures.

Figures are stored with the commit that made them, so nothing may differ from it.
"""

from headswap.errors import InputError, listed
from headswap.use import experiments
from results.commands import unfit_changes

# No run depends on these; `python -m results` writes them.
ALLOWED_CHANGES = ("README.md", "results/")


class Experiments(experiments.Experiments):
    """The experiments of one repository, started from what is committed."""

    def revision(self) -> str:
        """Return the commit that new experiments start from.

        Raises:
            InputError: there is none, or a file that runs depend on is changed.
        """
        revision = super().revision()
        status = "status", "--porcelain", "-z", "--untracked-files=no"
        changes = self.call("git", *status).stdout
        if unfit := unfit_changes(changes, ALLOWED_CHANGES):
            raise InputError(
                f"{self.root}: tracked files other than {', '.join(ALLOWED_CHANGES)} "
                f"must be as committed, got changes of {listed(unfit)}. Figures are "
                "stored with the commit that made them: `git commit` the changes, or "
                "lay them aside with `git stash`."
            )
        return revision
