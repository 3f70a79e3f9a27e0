"""Experiments on a Ray cluster: each in a clone of its own, on whichever node.

In: experiments of a repository that all nodes see. Out: the same, as DVC's experiments
of that repository, and why others failed. A node runs `dvc exp run --temp` with the
code of the commit and what was changed since; what git keeps of it is pushed to the
repository, and what DVC keeps lies in the repository's cache.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tqdm import tqdm

from headswap import params
from headswap.machine.nodes import ADDRESS, Needs
from headswap.machine.tasks import run_tasks
from headswap.use import dvc
from headswap.use.experiments import (
    NUM_LOG_LINES,
    Experiments,
    reference_of,
    run_arguments,
)
from headswap.use.sweep.plan import Experiment
from headswap.use.sweep.times import Times

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
        cache: the folder of the repository's cache.
    """

    name: str
    overrides: tuple[str, ...]
    root: Path
    revision: str
    changes: bytes
    cache: Path


@dataclass(frozen=True)
class End:
    """How a job ended.

    Attributes:
        reason: why it failed; "" where it ended well.
        seconds: that it took.
    """

    reason: str
    seconds: float = 0.0


def run_on_cluster(
    cluster: Cluster,
    experiments: Experiments,
    missing: Sequence[Experiment],
    revision: str,
    times: Times,
) -> dict[str, str]:
    """Run experiments; return why some failed, by name.

    Args:
        cluster: whose nodes see the repository.
        experiments: of the repository.
        missing: those to run.
        revision: the commit that they start from.
        times: where how long they took is kept.

    Raises:
        InputError: there is no such cluster, or a node lacks something.
    """
    root = experiments.root.absolute()
    changes = subprocess.run(
        ["git", "diff", "--binary", "HEAD"], cwd=root, capture_output=True, check=True
    ).stdout
    cache = Path(dvc.demand(root, "dvc", "cache", "dir").strip())
    sections = {each.name: each.sections for each in missing}
    items = [
        (
            Job(each.name, each.overrides, root, revision, changes, cache),
            bool(each.sections["backbone"]["unfreeze"]),
        )
        for each in missing
    ]
    needs = _needs(cluster, missing, [root, cache])
    failures = {}
    ends = run_tasks(cluster.address, run_job, items, needs, cluster.jobs)
    try:
        for job, found in tqdm(
            ends, desc="finished", unit="run", total=len(items), disable=None
        ):
            end = End(found) if isinstance(found, str) else found
            if end.reason:
                failures[job.name] = end.reason
            else:
                now = time.monotonic()
                times.add(sections[job.name], now - end.seconds, now)
            tqdm.write(f"{job.name}: {'failed' if end.reason else 'done'}")
    except KeyboardInterrupt:
        print(
            "\nInterrupted. What ran on the cluster is ended; the same command runs "
            "what is missing.",
            flush=True,
        )
        raise
    return failures


def _needs(
    cluster: Cluster, missing: Sequence[Experiment], paths: Sequence[Path]
) -> Needs:
    checked = [params.check(each.sections) for each in missing]
    libraries = {name for each in checked for name in cluster.of_libraries(each)}
    roots = {Path(each["data"].root) for each in checked}
    pictures = [each for each in sorted(roots) if each.is_absolute()]
    return Needs(["dvc", *sorted(libraries)], [*paths, *pictures])


def run_job(job: Job) -> End:
    """Run one experiment on this machine, in a clone that is then deleted."""
    # Its stages compute here: a cluster that is full of runs has no room for them.
    os.environ.pop(ADDRESS, None)
    start = time.monotonic()
    with TemporaryDirectory() as folder:
        for ended in _steps(job, Path(folder) / "clone"):
            if ended.returncode:
                text = f"{ended.stdout}\n{ended.stderr}".strip() or "no reason"
                return End("\n".join(text.splitlines()[-NUM_LOG_LINES:]))
    return End("", time.monotonic() - start)


def _steps(job: Job, clone: Path) -> Iterator[subprocess.CompletedProcess[str]]:
    """Do one step after the other; yield how each ended."""
    root = str(job.root)
    yield dvc.call(
        clone.parent, "git", "clone", "-q", "--shared", "--no-checkout", root, "clone"
    )
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
