"""Small disks for tests, really full ones, where this machine lets one be made."""

import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def small_disk(folder, num_bytes):
    """Lay a disk of so many bytes over a folder; skip where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={num_bytes}", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small disk can only be made by root, on Linux")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
