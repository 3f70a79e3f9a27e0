"""Experiments on a Ray cluster: each in a clone of its own, on whichever node.

In: experiments of a repository that all nodes see. Out: the same, as DVC's experiments
of that repository, and why others failed. A node runs `dvc exp run --temp` with the
code of the commit and what was changed since; what git keeps of it is pushed to the
repository, and what DVC keeps lies in the repository's cache.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tqdm import tqdm

from headswap import params, registry
from headswap.machine.nodes import ADDRESS, Needs
from headswap.machine.places import find_place
from headswap.machine.tasks import run_tasks
from headswap.use import dvc
from headswap.use.experiments import (
    Experiments,
    last_lines,
    reference_of,
    run_arguments,
)
from headswap.use.sweep.plan import Experiment

_CONFIG = Path(".dvc/config.local")


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster, and how it is used.

    Attributes:
        address: of its head.
        of_libraries: gives the packages that stages compute with under checked
            sections.
        jobs: experiments at a time; None for as many as the nodes have cores.
    """

    address: str
    of_libraries: Callable[[Mapping[str, Any]], Collection[str]]
    jobs: int | None = None

    @property
    def at_a_time(self) -> str:
        """How many experiments run at a time, in words."""
        number = f"{self.jobs} at a time" if self.jobs else "as many as it has cores"
        return f"{number}, on the cluster at {self.address}"


@dataclass(frozen=True)
class Job:
    """One experiment for a node.

    Attributes:
        name: of the experiment.
        overrides: as `dvc exp run -S` takes them.
        root: of the repository, absolute.
        revision: the commit it starts from.
        changes: since then, as git's diff.
        identity: of who commits, by git's names for it.
        cache: the folder of the repository's cache.
    """

    name: str
    overrides: tuple[str, ...]
    root: Path
    revision: str
    changes: bytes
    identity: dict[str, str]
    cache: Path


def run_on_cluster(
    cluster: Cluster,
    experiments: Experiments,
    missing: Sequence[Experiment],
    revision: str,
) -> dict[str, str]:
    """Run experiments; return why some failed, by name.

    Args:
        cluster: whose nodes see the repository.
        experiments: of the repository.
        missing: those to run.
        revision: the commit that they start from.

    Raises:
        InputError: there is no such cluster, or a node lacks something.
    """
    if not missing:
        return {}
    root = experiments.root.absolute()
    cache = Path(dvc.demand(root, "dvc", "cache", "dir").strip())
    changes, identity = _changes(root), _identity(experiments)
    checked = [params.check(each.sections) for each in missing]
    items = [
        (
            Job(each.name, each.overrides, root, revision, changes, identity, cache),
            sections["backbone"].trains_layers,
        )
        for each, sections in zip(missing, checked, strict=True)
    ]
    needs = _needs(cluster, checked, [root, cache])
    failures = {}
    ends = run_tasks(cluster.address, run_job, items, needs, cluster.jobs)
    try:
        for job, reason in tqdm(
            ends, desc="finished", unit="run", total=len(items), disable=None
        ):
            if reason:
                failures[job.name] = reason
            tqdm.write(f"{job.name}: {'failed' if reason else 'done'}")
    except KeyboardInterrupt:
        print(
            "\nInterrupted. What ran on the cluster is ended; the same command runs "
            "what is missing.",
            flush=True,
        )
        raise
    return failures


def _changes(root: Path) -> bytes:
    """Return what was changed since the commit, whatever git is told to show."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "changes"
        plain = ("--binary", "--full-index", "--no-ext-diff", "--no-textconv")
        prefixes = ("--no-color", "--src-prefix=a/", "--dst-prefix=b/")
        dvc.demand(root, "git", "diff", *plain, *prefixes, f"--output={file}", "HEAD")
        return file.read_bytes()


def _identity(experiments: Experiments) -> dict[str, str]:
    names = ("user.name", "user.email")
    found = {name: experiments.call("git", "config", name) for name in names}
    return {name: each.stdout.strip() for name, each in found.items() if each.stdout}


def _needs(
    cluster: Cluster, checked: Sequence[Mapping[str, Any]], written: Sequence[Path]
) -> Needs:
    libraries = {name for each in checked for name in cluster.of_libraries(each)}
    roots = {find_place(each["data"].root) for each in checked}
    pictures = [each for each in sorted(roots, key=str) if each.is_absolute()]
    engines = {(each["features"].engine, each["keras"].backend) for each in checked}
    find_device = partial(_find_devices, sorted(engines))
    names = ["dvc", *sorted(libraries)]
    return Needs(names, pictures, find_device, written=written)


def _find_devices(engines: Sequence[tuple[str, str]]) -> str:
    """Return what features are computed on, by which their rows are told apart."""
    found = {
        registry.load("engines", engine).find_device(backend)
        for engine, backend in engines
    }
    return ", ".join(sorted(found))


def run_job(job: Job) -> str:
    """Run one experiment on this machine, in a clone that is then deleted.

    Returns:
        why it failed; "" where it ended well.
    """
    # Its stages compute here: a cluster that is full of runs has no room for them.
    os.environ.pop(ADDRESS, None)
    try:
        with TemporaryDirectory() as folder:
            for ended in _steps(job, Path(folder) / "clone"):
                if ended.returncode:
                    text = f"{ended.stdout}\n{ended.stderr}".strip()
                    return last_lines(text) or "no reason"
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _steps(job: Job, clone: Path) -> Iterator[subprocess.CompletedProcess[str]]:
    """Do one step after the other; yield how each ended."""
    root = str(job.root)
    yield dvc.call(
        clone.parent, "git", "clone", "-q", "--shared", "--no-checkout", root, "clone"
    )
    for name, value in job.identity.items():
        yield dvc.call(clone, "git", "config", name, value)
    yield dvc.call(clone, "git", "checkout", "-q", "--detach", job.revision)
    if job.changes:
        changes = clone.parent / "changes"
        changes.write_bytes(job.changes)
        yield dvc.call(clone, "git", "apply", "--index", str(changes))
    if (job.root / _CONFIG).exists():
        shutil.copy(job.root / _CONFIG, clone / _CONFIG)
    yield dvc.call(clone, "dvc", "config", "--local", "cache.dir", str(job.cache))
    yield dvc.call(clone, "dvc", *run_arguments(job.name, job.overrides))
    reference = reference_of(job.name, job.revision)
    yield dvc.call(clone, "git", "push", "-q", root, f"+{reference}")
