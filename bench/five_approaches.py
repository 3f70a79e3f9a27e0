"""R1's five approaches: cached features against images through the backbone each epoch.

Ours is what a user runs: features once, then five trainings, two at a time as
`dvc queue start -j 2` runs them (heads train on one thread, so two runs take two
cores). Imports and the cascades' out-of-fold fits, which R1 did not make, are in our
time; augmenting, which both need once, is in neither. No ImageNet weights are at hand
here: the backbone's are random, which costs the same.

CPU seconds are compared too: on a busy machine they say more than seconds.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.report import Figure
from bench.workspace import ROOT, Usage, Workspace, draw_sample

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
    # R1's cascades made no out-of-fold predictions; ours need two folds at least.
    "split": {"num_folds": 2},
    "train": {
        "hidden": [1280, 540, 270, 135, 62, 30],
        "dropout": 0.1,
        "batch_size": 128,
        "epochs": EPOCHS,
        # No early stopping: it would cut the work.
        "patience": EPOCHS,
    },
}

LINEAR = {"hidden": [], "dropout": 0.0}


def measure() -> list[Figure]:
    """Return how much faster the five approaches are."""
    with TemporaryDirectory() as folder:
        root = draw_sample(Path(folder))
        workspace = Workspace(
            Path(folder) / "work",
            {**CHANGES, "data": {"root": str(root)}, "prepare": {"image_size": 255}},
        )
        workspace.run("prepare", "split", "augment")
        # One epoch before ours and one after, so that a busy machine hurts both.
        plain = [_plain_epoch(workspace)]
        features = workspace.run("features")
        print(f"features, once: {_said(features)}", flush=True)
        training = _train_all(workspace, "R1's head", {})
        linear = _train_all(workspace, "linear heads", LINEAR)
        plain.append(_plain_epoch(workspace))
    print(
        f"the five approaches are {NUM_FITS} fits of {EPOCHS} epochs: plain Keras is "
        f"the mean of its two epochs times {NUM_FITS * EPOCHS} (a swapped output layer "
        "is a light fit, but its images go through the backbone all the same)"
    )
    asked: dict[str, tuple[list[Usage], int]] = {
        f"R1's five approaches, {EPOCHS} epochs": ([features, training], 120),
        "the same question, linear heads": ([features, linear], 300),
        "that with features cached": ([linear], 1000),
    }
    return [
        _compare(what + note, unit, ours, plain, goal)
        for what, (ours, goal) in asked.items()
        for unit, note in {"seconds": "", "cpu_seconds": ", in CPU seconds"}.items()
    ]


def _compare(
    what: str, unit: str, ours: list[Usage], plain_epochs: list[Usage], goal: int
) -> Figure:
    seconds, plain = (
        sum(getattr(usage, unit) for usage in usages) for usages in (ours, plain_epochs)
    )
    other = NUM_FITS * EPOCHS * plain / len(plain_epochs)
    return Figure(
        what,
        f"{seconds:.0f} s",
        f"{other:,.0f} s",
        f"{other / seconds:.0f}x",
        f"{goal}x or more",
    )


def _said(usage: Usage) -> str:
    return f"{usage.seconds:.1f} s ({usage.cpu_seconds:.1f} CPU seconds)"


def _plain_epoch(workspace: Workspace) -> Usage:
    """Return what one epoch took, without imports, building and a first step."""
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
    seconds, cpu_seconds = map(float, result.stdout.split())
    usage = Usage(seconds, cpu_seconds, megabytes=0)
    print(f"plain Keras, one epoch of {rows}: {_said(usage)}", flush=True)
    return usage


def _train_all(workspace: Workspace, head: str, changes: dict[str, Any]) -> Usage:
    """Return what the five trainings took, some at a time.

    Args:
        workspace: with features.
        head: what to call it.
        changes: of the `train` parameters.
    """

    def train(name: str) -> Usage:
        strategy, order = APPROACHES[name]
        folder = f"{head} {name}".replace(",", "").replace(" ", "_").replace("'", "")
        branch = workspace.branch(folder, **changes, strategy=strategy, order=order)
        usage = branch.run("train")
        fits = _epochs_of_fits(branch.folder / "data" / "curves")
        print(f"  {name}: {_said(usage)}; epochs of its fits: {fits}", flush=True)
        return usage

    # The longest first, so that the last one does not run alone for long.
    longest_first = sorted(APPROACHES, key=lambda name: APPROACHES[name][0])
    start = time.perf_counter()
    with ThreadPoolExecutor(PARALLEL_RUNS) as pool:
        usages = list(pool.map(train, longest_first))
    total = Usage(
        time.perf_counter() - start,
        sum(usage.cpu_seconds for usage in usages),
        max(usage.megabytes for usage in usages),
    )
    print(f"{head}, all five trainings: {_said(total)}", flush=True)
    return total


def _epochs_of_fits(curves: Path) -> list[int]:
    """Return how many epochs each fit of a run took."""
    files = sorted(curves.glob("*/*/metrics.json"))
    return [json.loads(file.read_text())["step"] + 1 for file in files]
