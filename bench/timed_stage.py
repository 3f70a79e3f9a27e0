"""One stage in a process of its own: python -m bench.timed_stage NAME RESULT.

Writes how many seconds the stage's call takes once its modules, and for features the
network and its engine, have been imported.
"""

import json
import runpy
import shlex
import sys
import time
from importlib import import_module
from pathlib import Path

from ruamel.yaml import YAML

# isort: split
import stages
from headswap.machine.backend import start_keras

HEAVY = {"features": ("tensorflow", "openvino")}


def main() -> None:
    """Time the stage with the paths that stand in dvc.yaml."""
    name, result = sys.argv[1:]
    import_module(f"headswap.{name}.stage")
    if name == "features":
        start_keras("tensorflow")
    for module in HEAVY.get(name, ()):
        import_module(module)
    declared = YAML(typ="safe").load(Path("dvc.yaml").read_text(encoding="utf-8"))
    _, _, module, *arguments = shlex.split(declared["stages"][name]["cmd"])
    sys.argv = [f"{name}.py", *arguments]
    start = time.perf_counter()
    runpy.run_module(module, run_name="__main__", alter_sys=False)
    Path(result).write_text(json.dumps(time.perf_counter() - start))


if __name__ == "__main__":
    assert stages  # It put src on the path.
    main()
