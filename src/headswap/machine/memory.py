"""Whether memory can hold what is about to be loaded.

In: how many bytes, as far as they are known before work begins. Out: nothing, or one
error with the figures, before hours of work are killed.
"""

from pathlib import Path

from headswap.errors import InputError, in_megabytes

PROCESSES = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")
# Files of a control group: its limit, what it uses, and what it uses in vain.
_GROUP_FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def require_memory(where: str, num_bytes: int, what: str, advice: str) -> None:
    """Check that there is memory for what a stage is about to load.

    Args:
        where: it is loaded, a stage or a parameter.
        num_bytes: that are needed.
        what: needs them.
        advice: how to need less.

    Raises:
        InputError: there is less.
    """
    free = available_memory()
    if num_bytes > free:
        raise InputError(
            f"{where}: the memory must have {in_megabytes(num_bytes)} free for {what}, "
            f"got {in_megabytes(free)}. Close other programs, or {advice}."
        )


def available_memory() -> int:
    """Return how many bytes may be taken without anything being killed.

    What the machine has, and what every control group of this process has.
    """
    import psutil

    free = psutil.virtual_memory().available + psutil.swap_memory().free
    return max(0, min([free, *_of_groups()]))


def _of_groups() -> list[int]:
    """Return what each group, and each above it, has left."""
    try:
        lines = (PROCESSES / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, name = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        for root in (GROUPS / "memory", GROUPS, GROUPS / "unified"):
            # In a container the name may be one that only the host knows.
            group = root / name.strip("/")
            for folder in (group, *group.parents):
                if not folder.is_relative_to(root):
                    break
                found += _of_group(folder)
    return found


def _of_group(folder: Path) -> list[int]:
    for limit, usage, idle in _GROUP_FILES:
        try:
            most = (folder / limit).read_text().strip()
            used = int((folder / usage).read_text())
            lines = (folder / "memory.stat").read_text().splitlines()
        except (OSError, ValueError):
            continue
        if most != "max":
            # What was read from files and not since goes when memory is short.
            idle_bytes = sum(
                int(line.split()[1]) for line in lines if line.startswith(f"{idle} ")
            )
            return [int(most) - used + idle_bytes]
    return []
