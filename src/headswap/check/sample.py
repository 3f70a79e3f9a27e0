"""The sample set: a fresh clone has no photographs, so they are drawn when asked for.

A stage of DVC's own would not do: `dvc pull`, `checkout` and `exp apply` fail where the
output of any stage is missing, although nobody there wants the sample.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from headswap.machine.fingerprint import hash_file, hash_text

HOME = Path("data/sample")
PICTURES = HOME / "pictures"
# Written last, so that a drawing that was cut off is drawn again.
STAMP = HOME / "pictures.json"


def ensure_sample(root: str) -> None:
    """Draw the sample set if the raw images are to be those and are not there.

    Args:
        root: `data.root`; nothing is done for any other folder.
    """
    if Path(os.path.normpath(root)) != PICTURES or _is_drawn(Path()):
        return
    STAMP.unlink(missing_ok=True)
    shutil.rmtree(PICTURES, ignore_errors=True)
    # DVC runs queued experiments in a copy without ignored files, and names the folder
    # that they were started from.
    workspace = Path(os.environ.get("DVC_ROOT", "."))
    if _is_drawn(workspace):
        shutil.copytree(workspace / PICTURES, PICTURES)
    else:
        command = [sys.executable, "-m", "draw", PICTURES.name]
        subprocess.run(command, cwd=HOME, check=True)
    STAMP.write_text(json.dumps(_stamp(Path())), encoding="utf-8")


def _is_drawn(base: Path) -> bool:
    try:
        written = json.loads((base / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return written == _stamp(base)


def _stamp(base: Path) -> dict[str, Any]:
    """Return what tells the sample as it is from one that would be drawn anew."""
    # The code beside this process, not the other folder's: it decides what is wanted.
    code = sorted((HOME / "draw").rglob("*.py"))
    pictures = base / PICTURES
    return {
        "code": hash_text(map(hash_file, code)),
        "files": {
            path.relative_to(pictures).as_posix(): path.stat().st_size
            for path in sorted(pictures.rglob("*"))
            if path.is_file()
        },
    }
