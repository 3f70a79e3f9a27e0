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

from headswap.errors import InputError, listed
from headswap.machine import project
from headswap.machine.fingerprint import hash_file, hash_text

HOME = Path(project.SAMPLE)
PICTURES = HOME / "pictures"
# Written anew at the end, so that a drawing that was cut off is drawn again.
STAMP = HOME / "pictures.json"


def ensure_sample(root: str) -> None:
    """Draw the sample set if the raw images are to be those and are not there.

    Args:
        root: `data.root`; nothing is done for any other folder.

    Raises:
        InputError: files lie there that were not drawn.
    """
    if Path(os.path.normpath(root)) != PICTURES or _is_drawn(Path()):
        return
    _require_own_files()
    STAMP.parent.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(json.dumps({"files": None}), encoding="utf-8")
    shutil.rmtree(PICTURES, ignore_errors=True)
    # DVC runs queued experiments in a copy without ignored files, and names the folder
    # that they were started from.
    workspace = Path(os.environ.get("DVC_ROOT", "."))
    if _is_drawn(workspace):
        shutil.copytree(workspace / PICTURES, PICTURES)
    else:
        command = [sys.executable, "-m", "draw", str(PICTURES.absolute())]
        subprocess.run(command, cwd=_home_of_code(), check=True)
    STAMP.write_text(json.dumps(_stamp(Path())), encoding="utf-8")


def _home_of_code() -> Path:
    """Return the folder of the package that draws: this project's, or the installed."""
    return HOME if (HOME / "draw").is_dir() else project.HOME / project.SAMPLE


def _require_own_files() -> None:
    """Check that nothing but what was drawn would be deleted.

    Raises:
        InputError: with the files that are somebody's own.
    """
    known = _read_stamp(Path()).get("files", {})
    if known is None:  # A drawing was cut off.
        return
    own = [name for name in _stamp(Path())["files"] if name not in known]
    if own:
        raise InputError(
            f"{PICTURES}: it must hold the drawn sample alone, got {listed(own)}. Move "
            "your pictures elsewhere and set data.root, or delete the folder."
        )


def _is_drawn(base: Path) -> bool:
    return _read_stamp(base) == _stamp(base)


def _read_stamp(base: Path) -> dict[str, Any]:
    try:
        return json.loads((base / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _stamp(base: Path) -> dict[str, Any]:
    """Return what tells the sample as it is from one that would be drawn anew."""
    # The code beside this process, not the other folder's: it decides what is wanted.
    code = sorted((_home_of_code() / "draw").rglob("*.py"))
    pictures = base / PICTURES
    return {
        "code": hash_text(map(hash_file, code)),
        "files": {
            path.relative_to(pictures).as_posix(): path.stat().st_size
            for path in sorted(pictures.rglob("*"))
            if path.is_file()
        },
    }
