"""The stages of dvc.yaml, in the order they run: `python -m stages.<name> <paths>`.

Each takes its sections of params.yaml, makes one call into the package and writes.
Paths stand in dvc.yaml alone and come in as arguments.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

# The code beside this file, where there is some, and not an installed copy: a queued
# experiment runs in a checkout of its own and has to import its own version.
_BESIDE = Path(__file__).resolve().parents[1] / "src/headswap"
sys.path[:0] = [str(_BESIDE.parent)] * _BESIDE.is_dir()

# TensorFlow's notes on start-up hide what a stage has to say.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

GO_ON = "what was computed is kept, and `dvc repro` goes on from there"


def run(stage: Callable[..., None], *sections: str) -> None:
    """Call a stage with its sections of params.yaml and the paths of the command line.

    DVC notes parameters when a stage has ended, and `check` what else it depends on
    before it starts; so one must not succeed for which either has changed meanwhile.
    What a user can mend is reported as one message without a traceback.

    Args:
        stage: takes the sections and then the paths.
        sections: of params.yaml, that the stage reads.
    """
    from headswap import params
    from headswap.check.inputs import require_current
    from headswap.errors import InputError, in_lines, show_any_text
    from headswap.machine.outputs import declared_outputs, whole_or_none
    from headswap.machine.running import end_with_parent, interruptible, only_one

    show_any_text()
    name, environment = Path(sys.argv[0]).stem, dict(os.environ)
    if "DVC_STAGE" in environment:
        end_with_parent()
    try:
        with interruptible(GO_ON), only_one(name):
            declared = params.load("dvc.yaml")["stages"][name]
            before = params.load()
            read = {section: params.read(section) for section in sections}
            depends = declared.get("deps", ())  # None for `check`, which writes them.
            inputs = [each for each in depends if each.endswith(f"/{name}.json")]
            for file in inputs:
                require_current(file, read, environment)
            with whole_or_none(declared_outputs(declared)):
                stage(*read.values(), *map(Path, sys.argv[1:]))
            params.require_unchanged(before, declared.get("params", ()))
            for file in inputs:
                require_current(file, read, environment)
    except InputError as error:
        sys.exit(f"error: {in_lines(str(error))}")
