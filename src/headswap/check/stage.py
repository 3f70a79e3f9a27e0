"""check: the request makes sense, or no other stage starts.

Out: one file a stage with what its results depend on beside git and params.yaml. It
always runs and is quick.
"""

import os
from pathlib import Path

from headswap import params
from headswap.artifacts.storage.tables import PathLike
from headswap.check.git_index import show_changes_to_git
from headswap.check.inputs import write_inputs
from headswap.check.raw_files import require_reachable, require_walkable
from headswap.check.sample import ensure_sample
from headswap.machine import project
from headswap.machine.fingerprint import library_versions
from headswap.machine.running import wait_for_others


def check_all(inputs: PathLike) -> None:
    """Check params.yaml, draw the sample where it is asked for, write the inputs.

    Args:
        inputs: folder to write.

    Raises:
        InputError: with every fault of every section, or with every file below
            `data.root` at which DVC would stop.
    """
    # DVC runs this before any other stage.
    wait_for_others("check")
    # Before what may fail.
    show_changes_to_git()
    _note_other_version()
    sections = params.check(params.load())
    data = sections["data"]
    if data.layout != "folders":
        # Every params.yaml has levels, those of the sample if nobody gave others.
        print(f"data.levels is not read by the layout {data.layout}")
    root = data.root
    ensure_sample(root)
    require_reachable(root, os.environ)
    require_walkable(root)
    write_inputs(sections, inputs)


def _note_other_version() -> None:
    """Say so where the project's files are not those of the package that runs."""
    written = project.read_lock(Path()).get("headswap")
    installed = library_versions(["headswap"])["headswap"]
    if written not in (None, installed):
        print(
            f"note: the files of this project are those of headswap {written}, and "
            f"{installed} is installed. `headswap upgrade` brings them up to it."
        )
