"""The stages of dvc.yaml, in the order they run: `python -m stages.<name> <paths>`.

Each reads its own section of params.yaml, makes one call into the package and writes.
Paths stand in dvc.yaml alone and come in as arguments.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

# The code beside this file, not an installed copy: a queued experiment runs in a
# checkout of its own and has to import its own version.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

# TensorFlow's notes on start-up hide what a stage has to say.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def run(stage: Callable[..., None]) -> None:
    """Call a stage with the paths of the command line.

    What a user can mend is reported as one message without a traceback.
    """
    from headswap.errors import InputError

    try:
        stage(*map(Path, sys.argv[1:]))
    except InputError as error:
        sys.exit(f"error: {error}")
