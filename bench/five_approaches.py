"""R1's five approaches: cached features against images through the backbone each epoch.

Ours is what a user runs: the stages augment and features once and train five times, two
at a time as `dvc queue start -j 2` does. Heads train on one thread, so two runs take
two cores. Imports and the out-of-fold fits of the cascades, which R1 did not make, are
in our time. No ImageNet weights are at hand here: the backbone's are random, which
costs the same.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.report import Figure
from bench.workspace import ROOT, Workspace, draw_sample

EPOCHS = 50
# Multi-output fits one model for both tasks, the other four one a task.
NUM_FITS = 9
PARALLEL_RUNS = 2
APPROACHES = {
    "multi_output": ("multi_output", "finest_first"),
    "category, then landmark": ("sequential", "coarsest_first"),
    "landmark, then category": ("sequential", "finest_first"),
    "category feeds landmark": ("cascade", "coarsest_first"),
    "landmark feeds category": ("cascade", "finest_first"),
}
CHANGES: dict[str, dict[str, Any]] = {
    "augment": {
        "policy": "each",
        "copies": 1,
        "rotate": 30,
        "zoom": 0,
        "crop": 0,
        "flip_horizontal": True,
        "flip_vertical": True,
        "contrast": 0,
        "brightness": 0,
        "noise": 0.2,
    },
    "backbone": {"name": "efficientnet_b0", "weights": "none"},
    "train": {
        "hidden": [1280, 540, 270, 135, 62, 30],
        "dropout": 0.1,
        "batch_size": 128,
        "epochs": EPOCHS,
        # No early stopping: it would cut the work.
        "patience": EPOCHS,
    },
}


def measure() -> list[Figure]:
    """Return how much faster the five approaches are."""
    with TemporaryDirectory() as folder:
        root = draw_sample(Path(folder))
        workspace = Workspace(
            Path(folder) / "work",
            {**CHANGES, "data": {"root": str(root)}, "prepare": {"size": 255}},
        )
        workspace.run("prepare", "split", "augment")
        # One epoch before ours and one after, so that a busy machine hurts both.
        plain = [_plain_epoch(workspace)]
        features = workspace.run("features").seconds
        print(f"features, once: {features:.1f} s", flush=True)
        training = _train_all(workspace)
        print(f"all five trainings: {training:.1f} s", flush=True)
        plain.append(_plain_epoch(workspace))
    epoch = sum(plain) / len(plain)
    ours, other = features + training, NUM_FITS * EPOCHS * epoch
    print(
        f"plain Keras: {epoch:.1f} s an epoch; the five approaches are {NUM_FITS} fits "
        f"of {EPOCHS} epochs: {other:,.0f} s by scaling (the lighter fits of swapped "
        "output layers go through the backbone all the same)"
    )
    ratio = f"{other / ours:.0f}x"
    what = f"R1's five approaches, {EPOCHS} epochs"
    return [Figure(what, f"{ours:.0f} s", f"{other:,.0f} s", ratio, "50x or more")]


def _plain_epoch(workspace: Workspace) -> float:
    result = subprocess.run(
        [sys.executable, "-m", "bench.plain_epoch"]
        + [f"data/{made}" for made in ("prepared", "split", "augmented")],
        cwd=workspace.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = result.stderr.strip().splitlines()[-1]
    print(f"plain Keras, one epoch of {rows}: {float(result.stdout):.1f} s", flush=True)
    return float(result.stdout)


def _train_all(workspace: Workspace) -> float:
    """Return the seconds of the five trainings, some at a time."""

    def train(name: str) -> None:
        strategy, order = APPROACHES[name]
        branch = workspace.branch(
            name.replace(" ", "_"), strategy=strategy, order=order
        )
        seconds = branch.run("train").seconds
        print(f"  {name}: {seconds:.1f} s", flush=True)

    # The longest first, so that the last one does not run alone for long.
    longest_first = sorted(APPROACHES, key=lambda name: APPROACHES[name][0])
    start = time.perf_counter()
    with ThreadPoolExecutor(PARALLEL_RUNS) as pool:
        list(pool.map(train, longest_first))
    return time.perf_counter() - start
