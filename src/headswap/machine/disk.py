"""Whether disks can hold what is about to be written.

In: how many bytes, as far as they are known before work begins. Out: nothing, or one
error with the figures, before hours of work end on a full disk.
"""

import shutil
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import Path
from tempfile import TemporaryFile

from headswap.errors import in_megabytes, raise_faults

try:
    import fcntl
except ImportError:  # Not on Windows.
    fcntl = None  # type: ignore[assignment]

FREE_SOME = (
    "Free some (`headswap cache --clear`, `dvc gc --workspace`), or move the project "
    "to another disk"
)
# A disk with less cannot take the next file.
LEAST = 64 * 1024
# Linux's request to let one file share the content of another.
_CLONE = 0x40049409


def require_disk(output: str | Path, num_bytes: int, what: str) -> None:
    """Check that a stage's output fits on its disk, and into DVC's cache.

    Args:
        output: file or folder that is to be written.
        num_bytes: that it will have.
        what: it holds, such as `720 pictures`.

    Raises:
        InputError: a disk has less room.
    """
    path, cache = Path(output), dvc_cache()
    copied = _copied(path, num_bytes)
    if _disk(path) == _disk(cache):
        raise_faults(_disk_faults(path, num_bytes + copied, what, copied))
    else:
        faults = _disk_faults(path, num_bytes, what)
        raise_faults(faults + _disk_faults(cache, copied, f"DVC's copy of {what}"))


def copied_beside(output: str | Path, num_bytes: int, other: str | Path) -> int:
    """Return how many bytes DVC will write on the disk of another file.

    Args:
        output: file or folder of a stage.
        num_bytes: that it has.
        other: on the disk that is asked for.
    """
    is_there = _disk(dvc_cache()) == _disk(Path(other))
    return _copied(Path(output), num_bytes) if is_there else 0


def _copied(path: Path, num_bytes: int) -> int:
    return 0 if _is_linked(path, dvc_cache()) else num_bytes


def _disk_faults(path: Path, num_bytes: int, what: str, copied: int = 0) -> list[str]:
    free = free_disk(path)
    if num_bytes <= free:
        return []
    copy = ", half of it for DVC's copy" if copied else ""
    return [
        f"{path}: the disk must have {in_megabytes(num_bytes)} free for {what}{copy}, "
        f"got {in_megabytes(free)}. {FREE_SOME}."
    ]


def free_disk(path: str | Path) -> int:
    """Return the bytes that are free where a file or folder lies or will lie."""
    return shutil.disk_usage(_existing(Path(path))).free


def is_full(path: str | Path) -> bool:
    """Return whether a disk, as far as it says so, cannot take the next file."""
    try:
        return free_disk(path) < LEAST
    except OSError:
        return False


def _existing(path: Path) -> Path:
    """Return the nearest folder above a path, or itself, that is there."""
    path = path.absolute()
    return next(each for each in (path, *path.parents) if each.exists())


def _disk(path: Path) -> int:
    return _existing(path).stat().st_dev


def dvc_cache() -> Path:
    """Return the folder that DVC keeps outputs in, as far as its project says."""
    folder = Path(_dvc_setting("dir") or "cache")
    # As DVC has it: relative to its configuration.
    return Path(".dvc") / folder.expanduser()


def _dvc_setting(name: str) -> str | None:
    config = ConfigParser(interpolation=None, strict=False)
    try:
        config.read([Path(".dvc", file) for file in ("config", "config.local")])
    except (ConfigError, OSError, UnicodeDecodeError):
        return None  # DVC itself will say so.
    return config.get("cache", name, fallback=None)


def _is_linked(path: Path, cache: Path) -> bool:
    """Whether DVC's cache takes no room of its own for what a stage wrote.

    Where its first kind of link fails, it copies, and links back only then.
    """
    if _disk(path) != _disk(cache):
        return False
    first = (_dvc_setting("type") or "reflink").split(",")[0].strip()
    return first == "hardlink" or (first == "reflink" and _has_reflinks(path))


def _has_reflinks(path: Path) -> bool:
    """Return whether files of a disk can share content, which only a try says."""
    if fcntl is None:
        return False
    folder = _existing(path)
    try:
        with (
            TemporaryFile(dir=folder if folder.is_dir() else folder.parent) as one,
            TemporaryFile(dir=folder if folder.is_dir() else folder.parent) as other,
        ):
            one.write(b"content")
            one.flush()
            fcntl.ioctl(other.fileno(), _CLONE, one.fileno())
    except OSError:
        return False
    return True
