"""Letting git see what has changed since DVC last wrote its index.

Where an experiment fails in the workspace, DVC has put files back within a few
milliseconds of noting their state, and git then takes a changed file of the same length
for unchanged: it compares whole seconds. `git status` and `git commit` miss figures and
code. Seen with DVC 3.67.1, scmrepo 3 and libgit2 (its issues 3511 and 3655).
"""

import os
import subprocess
import time
from pathlib import Path

# Only what changed lately can be missed; older files keep their times.
SECONDS_BACK = 600
# Older by whole seconds than any note of the file's state.
SECONDS_OLDER = 10


def show_changes_to_git() -> None:
    """Date files that changed lately a little earlier, so that git reads them again.

    Contents stay as they are. Without git nothing is done.
    """
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True)
    except OSError:
        return
    now = time.time()
    for name in filter(None, listed.stdout.split(b"\0")):
        file = Path(os.fsdecode(name))
        # Neither deleted files nor links, whose targets may be anybody's.
        if file.is_symlink() or not file.is_file():
            continue
        if now - SECONDS_BACK < file.stat().st_mtime:
            os.utime(file, (now - SECONDS_OLDER, now - SECONDS_OLDER))
