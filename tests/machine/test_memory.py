"""What does not fit in memory is refused before work begins."""

from types import SimpleNamespace

import psutil
import pytest

from headswap.errors import InputError
from headswap.machine import memory as module
from headswap.machine.memory import available_memory, require_memory

MEGABYTE = 10**6


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """machine(group, **files): 8 GB available, in a control group with files."""
    memory, swap = SimpleNamespace(available=7_000_000_000), SimpleNamespace(free=10**9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(psutil, "swap_memory", lambda: swap)
    monkeypatch.setattr(module, "PROCESSES", tmp_path / "proc")
    monkeypatch.setattr(module, "GROUPS", tmp_path / "groups")

    def make(group, **files):
        (tmp_path / "proc" / "self").mkdir(parents=True)
        (tmp_path / "groups").mkdir()
        (tmp_path / "proc" / "self" / "cgroup").write_text(group)
        for name, text in files.items():
            file = tmp_path / "groups" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    return make


def version_2(folder, limit, usage, idle=0):
    return {
        f"{folder}memory.max": str(limit),
        f"{folder}memory.current": str(usage),
        f"{folder}memory.stat": f"anon 5\ninactive_file {idle}\n",
    }


GROUPS = {
    "none": ("", {}, 8000),
    "without a limit": ("0::/a", version_2("a/", "max", 5), 8000),
    "with one": ("0::/a", version_2("a/", 900 * MEGABYTE, 300 * MEGABYTE), 600),
    "what was read from files": (
        "0::/a",
        version_2("a/", 900 * MEGABYTE, 300 * MEGABYTE, 100 * MEGABYTE),
        700,
    ),
    "the one above has less": (
        "0::/a/b",
        version_2("a/", 400 * MEGABYTE, 300 * MEGABYTE)
        | version_2("a/b/", 900 * MEGABYTE, 0),
        100,
    ),
    "a container, named as its host has it": (
        "0::/docker/123",
        version_2("", 50 * MEGABYTE, 0),
        50,
    ),
    "more used than allowed": ("0::/a", version_2("a/", 10, 20), 0),
    "version 1": (
        "5:cpu:/x\n4:memory:/a\n0::/\n",
        {
            "memory/a/memory.limit_in_bytes": str(900 * MEGABYTE),
            "memory/a/memory.usage_in_bytes": str(300 * MEGABYTE),
            "memory/a/memory.stat": "total_inactive_file 50000000\n",
        },
        650,
    ),
}


@pytest.mark.parametrize("case", GROUPS)
def test_available_memory_is_the_least_that_machine_and_groups_have(machine, case):
    group, files, expected = GROUPS[case]
    machine(group, **files)
    assert available_memory() == expected * MEGABYTE


def test_a_machine_without_control_groups_has_what_it_says(machine):
    assert available_memory() == 8000 * MEGABYTE


def test_what_does_not_fit_in_memory_is_refused_with_the_figures(machine):
    machine("0::/a", **version_2("a/", 90 * MEGABYTE, 0))
    require_memory("train", 90 * MEGABYTE, "features", "use fewer")
    expected = "train: the memory must have 91 MB free for features, got 90 MB. .* use"
    with pytest.raises(InputError, match=expected):
        require_memory("train", 91 * MEGABYTE, "features", "use fewer")
