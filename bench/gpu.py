"""A GPU: features and fine-tuning in float32, against the GPU alone.

With Keras on JAX, in a process for each network; `on_gpu` has the rest. Without a GPU
that JAX finds, nothing is measured.
"""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.engines import NETWORKS
from bench.report import Figure
from bench.workspace import ROOT, Process

TUNED, TUNED_SIZE = "efficientnet_lite0", 224


def measure() -> list[Figure]:
    """Return pictures a second, of ours and of the GPU alone."""
    figures = []
    with TemporaryDirectory() as folder:
        shutil.copy(ROOT / "params.yaml", folder)
        for name, size in NETWORKS.items():
            found = _run(Path(folder), "features", name, size)
            if not found["gpu"]:
                print("JAX finds no GPU here, so nothing is measured.")
                return []
            print(
                f"{name} at {size} pixels on {found['gpu']}: no program can do more "
                f"than {min(found['arithmetic'], found['memory']):,.0f} pictures/s, by "
                f"its {found['teraflops']:.1f} TFLOP/s in float32 "
                f"({found['arithmetic']:,.0f}) and {found['terabytes']:.2f} TB/s "
                f"({found['memory']:,.0f})",
                flush=True,
            )
            figures += _compare(f"{name} at {size},", found)
        found = _run(Path(folder), "fine_tuning", TUNED, TUNED_SIZE)
        figures += _compare(f"{TUNED} at {TUNED_SIZE}, an epoch of training,", found)
    return figures


def _run(folder: Path, *arguments: object) -> dict[str, Any]:
    command = ["-m", "bench.on_gpu", *map(str, arguments), "result.json"]
    Process(command, folder).wait()
    return json.loads((folder / "result.json").read_text())


def _compare(what: str, found: dict[str, Any]) -> list[Figure]:
    return [
        Figure(
            f"{what} {how}",
            f"{ours:,.0f} pictures/s",
            f"{alone:,.0f}, the GPU alone",
            f"{ours / alone:.2f}x",
            "0.9x or more",
        )
        for how, (ours, alone) in found["rates"].items()
    ]
