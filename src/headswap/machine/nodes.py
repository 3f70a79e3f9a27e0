"""What the nodes of a Ray cluster have to have, so that their results are ours.

Libraries, what is computed on and the files that the work reads are asked for on every
node, and one that differs is refused in words before anything is computed.
"""

import os
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headswap.errors import InputError, raise_faults
from headswap.machine.fingerprint import library_versions
from headswap.machine.places import is_stored, require_answer

ADDRESS = "RAY_ADDRESS"
# Seconds until all nodes have said what they are: the first process of a node unpacks
# the code and starts.
PATIENCE = 120


@dataclass(frozen=True)
class Needs:
    """What a node has to have, so that its results are those of this machine.

    Attributes:
        libraries: names of those whose versions count.
        paths: absolute, of files and folders that the work reads.
        find_device: says what is computed on; picklable.
        num_cpus: that a chunk takes; None for all of a node.
        written: absolute, of folders that the work writes to.
    """

    libraries: Collection[str]
    paths: Sequence[Path]
    find_device: Callable[[], str] | None = None
    num_cpus: int | None = 1
    written: Sequence[Path] = ()


def require_equal_nodes(ray: Any, needs: Needs) -> dict[str, float]:
    """Check that all nodes have what they need; return what a chunk takes of one.

    Raises:
        InputError: with everything that one has otherwise, or does not say in time.
    """
    expected = _describe(needs)
    on_gpu = expected.get("device", "").startswith("GPU")
    kind = "GPU" if on_gpu else "CPU"
    nodes = [
        node
        for node in ray.nodes()
        if node["Alive"] and node["Resources"].get(kind, 0) >= 1
    ]
    none_left = InputError(
        f"{ADDRESS}: the cluster must have a node with a free {kind}, as this machine "
        f"computes on {expected.get('device', 'one')}, got none. Add one, or unset "
        f"{ADDRESS}."
    )
    if not nodes:
        raise none_left
    taken = {"num_cpus": 0, "num_gpus": int(on_gpu)}
    describe = ray.remote(**taken, max_retries=0)(_describe)
    strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    asked = {
        describe.options(
            scheduling_strategy=strategy(node["NodeID"], soft=False)
        ).remote(needs): node["NodeManagerAddress"]
        for node in nodes
    }
    done, silent = ray.wait([*asked], num_returns=len(asked), timeout=PATIENCE)
    faults = [
        f"{ADDRESS}: node {asked[each]} must say what it is within {PATIENCE} "
        f"seconds, got nothing. Take it out of the cluster, or unset {ADDRESS}."
        for each in silent
    ]
    # Several nodes may have one address.
    answers = [(asked[each], _answer(ray, each, asked[each])) for each in done]
    for address, found in answers:
        faults += [
            f"{ADDRESS}: node {address} must have {name} {value}, as this machine has, "
            f"got {found[name]}. Change that, or take the node out of the cluster."
            for name, value in expected.items()
            if found and found[name] != value
        ]
    raise_faults(faults)
    if not any(found for _, found in answers):
        raise none_left
    all_cpus = min(node["Resources"].get("CPU", 1) for node in nodes)
    return taken | {"num_cpus": 1 if on_gpu else needs.num_cpus or all_cpus}


def _answer(ray: Any, asked: Any, address: str) -> dict[str, str] | None:
    """Return what a node says of itself; None where it is gone.

    The cluster knows only after some seconds that a node has died.
    """
    failures = ray.exceptions
    try:
        return ray.get(asked)
    except (
        failures.NodeDiedError,
        failures.TaskUnschedulableError,
        failures.WorkerCrashedError,
    ):
        print(f"note: node {address} has left the cluster, which goes on without it")
        return None


def _describe(needs: Needs) -> dict[str, str]:
    """Return what this machine has of what is needed, by name."""
    facts = {"Python": python_version()}
    facts |= {
        name: version or "none"
        for name, version in library_versions([*needs.libraries]).items()
    }
    if needs.find_device:
        facts["device"] = needs.find_device()
    for path in needs.paths:
        facts[str(path)] = "to read" if _can_read(path) else "not to read"
    for path in needs.written:
        facts[str(path)] = "to write" if os.access(path, os.W_OK) else "not to write"
    return facts


def _can_read(path: Path) -> bool:
    if not is_stored(path):
        return os.access(path, os.R_OK)
    try:
        require_answer(path)
    except InputError:
        return False
    return True


def python_version() -> str:
    """Return the version of Python that runs."""
    return ".".join(map(str, sys.version_info[:3]))
