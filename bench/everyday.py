"""Everyday commands on the sample, in a fresh clone: nothing to do, one experiment.

The clone holds what is committed, not what is changed in the working tree.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Figure
from bench.workspace import ROOT

ASKED = "train.strategy=multi_output"
# A strategy that leaves the one asked for unknown to DVC's run cache.
BEFORE = "train.strategy=independent"
NUM_REPROS = 3


def measure() -> list[Figure]:
    """Return the seconds of a `dvc repro` without work and of one experiment."""
    with TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        for setting, value in {"name": "bench", "email": "bench@localhost"}.items():
            command = ["git", "config", f"user.{setting}", value]
            subprocess.run(command, cwd=clone, check=True)
        seconds, _ = _dvc(clone, "exp", "run", "-S", BEFORE)
        print(f"first run, from drawing the sample on: {seconds:.1f} s", flush=True)
        repro = min(_dvc(clone, "repro")[0] for _ in range(NUM_REPROS))
        print(f"dvc repro with nothing to do: {repro:.2f} s", flush=True)
        experiment, output = _dvc(clone, "exp", "run", "-S", ASKED)
        print(f"dvc exp run -S {ASKED}: {experiment:.1f} s", flush=True)
        if "Running stage 'train'" not in output:
            raise RuntimeError(f"the experiment did not train: {output[-2000:]}")
    return [
        Figure("dvc repro, nothing to do", f"{repro:.2f} s", "", "", "under 1.5 s"),
        Figure(f"dvc exp run -S {ASKED}", f"{experiment:.1f} s", "", "", "under 6 s"),
    ]


def _dvc(clone: Path, *arguments: str) -> tuple[float, str]:
    """Return the seconds a DVC command took, and what it said."""
    # Stages are started as `python`, which has to be this one.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    site_cache = str(clone.parent / "site_cache")
    start = time.perf_counter()
    result = subprocess.run(
        ["dvc", *arguments],
        cwd=clone,
        env={
            **os.environ,
            "PATH": path,
            "DVC_SITE_CACHE_DIR": site_cache,
            "HEADSWAP_CACHE": str(clone.parent / "store"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seconds = time.perf_counter() - start
    if result.returncode:
        raise RuntimeError(f"dvc {' '.join(arguments)}: {result.stdout[-2000:]}")
    return seconds, result.stdout
