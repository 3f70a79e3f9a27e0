"""Features in float32: our engine against Keras, and against OpenVINO's own measure.

Keras is `keras.Model.predict` in batches of 32; `three_ways` has the rest. A process
for each network, in which the three take turns. CPU milliseconds are compared too: on a
busy machine they say more than those by the clock.
"""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Figure
from bench.workspace import ROOT, Process

NETWORKS = {"efficientnet_lite0": 320, "efficientnet_b0": 255, "mobilenet_v2": 255}
TARGETS = {"keras": "1.5x on AMD, 2.5x on Intel", "benchmark": "0.9x or more"}


def measure() -> list[Figure]:
    """Return how much faster the features of each network are."""
    figures = []
    with TemporaryDirectory() as folder:
        shutil.copy(ROOT / "params.yaml", folder)
        for name, size in NETWORKS.items():
            arguments = ["-m", "bench.three_ways", name, str(size), "result.json"]
            Process(arguments, Path(folder)).wait()
            found = json.loads((Path(folder) / "result.json").read_text())
            print(
                f"{name} at {size} pixels: loaded in {found['load']:.1f} s; "
                f"{found['processor']}",
                flush=True,
            )
            figures += [
                Figure(
                    f"{name} at {size}, a picture{note}, against {other}",
                    f"{found['ours'][unit]:.1f} ms",
                    f"{found[other][unit]:.1f} ms",
                    f"{found[other][unit] / found['ours'][unit]:.2f}x",
                    target,
                )
                for other, target in TARGETS.items()
                for unit, note in enumerate(("", " in CPU ms"))
            ]
    return figures
