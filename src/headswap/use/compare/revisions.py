"""Files of revisions: of commits, of DVC experiments, and of the workspace.

Nothing is checked out or pulled: what lies in git is read from there, and what a stage
made from DVC's cache, where it is.
"""

import json
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from headswap.errors import InputError
from headswap.params._yaml import parse_yaml
from headswap.use import dvc
from headswap.use.experiments import Experiments

WORKSPACE = "workspace"
LOCK = "dvc.lock"
_EXPERIMENTS = "refs/exps"
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")


class Revisions:
    """What git and DVC's cache have of a project.

    Args:
        folder: of the project.
    """

    def __init__(self, folder: Path):
        self._folder = folder

    @cached_property
    def experiments(self) -> dict[str, tuple[str, str]]:
        """(commit, commit it is based on) of each experiment, by name.

        Of several with one name it is that of the last commit, as for DVC.
        """
        pattern = "--format=%(refname) %(objectname)"
        lines = dvc.demand(self._folder, "git", "for-each-ref", _EXPERIMENTS, pattern)
        found: dict[str, tuple[str, str]] = {}
        for line in lines.splitlines():
            reference, commit = line.split()
            # refs/exps/12/3456.../name; others hold DVC's queue.
            parts = reference.removeprefix(f"{_EXPERIMENTS}/").split("/")
            if len(parts) != 3 or len(parts[0]) != 2:
                continue
            if found.get(parts[2], ("", ""))[1] != self.head:
                found[parts[2]] = (commit, parts[0] + parts[1])
        return found

    @cached_property
    def head(self) -> str:
        """The last commit."""
        return dvc.demand(self._folder, "git", "rev-parse", "HEAD").strip()

    def texts(self, name: str, files: Sequence[str]) -> dict[str, str | None]:
        """Return files of a revision, None for those that it does not have.

        Raises:
            InputError: there is no such revision.
        """
        if name == WORKSPACE:
            paths = {file: self._folder / file for file in files}
            return {
                file: path.read_text(encoding="utf-8") if path.exists() else None
                for file, path in paths.items()
            }
        commit = self._commit(name)
        found = {}
        for file in files:
            shown = dvc.call(self._folder, "git", "show", f"{commit}:./{file}")
            found[file] = None if shown.returncode else shown.stdout
        return found

    def _commit(self, name: str) -> str:
        """Return the hash of a revision's commit.

        Raises:
            InputError: there is no such revision.
        """
        asked = self.experiments[name][0] if name in self.experiments else name
        # A name that begins with hyphens would be an option of git's.
        verify = "git", "rev-parse", "--verify", "--end-of-options"
        found = dvc.call(self._folder, *verify, f"{asked}^{{commit}}")
        if found.returncode:
            raise InputError(self._unknown(name))
        return found.stdout.strip()

    def _unknown(self, name: str) -> str:
        """Return what is wrong with a name that is no revision."""
        try:
            state = Experiments(self._folder).status().states.get(name)
        except InputError:  # There is no DVC here, and so no queue.
            state = None
        if state is not None:
            return (
                f"headswap compare: the experiment {name} must have ended well, got "
                f"one that is {state.lower()} in DVC's queue. `dvc queue logs {name}` "
                "says how far it came."
            )
        return (
            f"headswap compare: a run must be a git revision, an experiment of DVC "
            f"or `{WORKSPACE}`, got {name!r}. `dvc exp list --all` names them."
        )

    @cached_property
    def _cache(self) -> Path:
        return Path(dvc.demand(self._folder, "dvc", "cache", "dir").strip())

    def cached(self, name: str, paths: Sequence[str]) -> dict[str, Path]:
        """Return where files of a revision lie that stages made.

        Args:
            name: of the revision.
            paths: inside folders that are outputs, such as `data/split/split.csv`.

        Raises:
            InputError: DVC's cache lacks any of them.
        """
        if name == WORKSPACE:
            places = {path: self._folder / path for path in paths}
        else:
            lock = self.texts(name, [LOCK])[LOCK] or ""
            outs = hashes_of(parse_yaml(lock, f"{LOCK} of {name}"))
            places = {path: self._place(path, outs) for path in paths}
        missing = [path for path, place in places.items() if not place.is_file()]
        if missing:
            where = "the project" if name == WORKSPACE else "DVC's cache"
            raise InputError(
                f"headswap compare: {where} must have {', '.join(missing)} of {name}, "
                f"got none. In a checkout of {name}, `dvc pull` brings it where a "
                "remote has it, and `dvc repro` makes it anew."
            )
        return places

    def _place(self, path: str, outs: dict[str, str]) -> Path:
        """Return the place in the cache of a file; one that is no file if unknown."""
        folder, _, inside = path.rpartition("/")
        listing = self._of_hash(outs.get(folder, ""))
        try:
            entries = json.loads(listing.read_text(encoding="utf-8"))
            hashes = {entry["relpath"]: entry["md5"] for entry in entries}
        # It is not there, or no listing of a folder.
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return listing
        return self._of_hash(hashes.get(inside, ""))

    def _of_hash(self, md5: str) -> Path:
        # Of a lock from elsewhere: another text would lead out of the cache.
        if not _MD5.fullmatch(md5):
            return self._cache / "files" / "md5" / "unknown"
        return self._cache / "files" / "md5" / md5[:2] / md5[2:]


def hashes_of(lock: Any) -> dict[str, str]:
    """Return the hash of each output that a `dvc.lock` names, by path."""
    stages = lock.get("stages", {}) if isinstance(lock, dict) else {}
    return {
        out["path"]: out["md5"]
        for stage in stages.values()
        for out in stage.get("outs", [])
        if "md5" in out
    }
