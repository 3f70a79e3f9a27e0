"""Fine-tuning EfficientNet-Lite0's last block: on the cut, and the usual way.

The usual way is the whole network with its lower layers at `trainable=False`, and every
image through all of it in each epoch. Both start from the same weights, see the same
batches in the same order, and must come to the same loss.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Figure
from bench.workspace import MONUMENTS, Process, Workspace, draw_sample


def measure() -> list[Figure]:
    """Return how much faster an epoch is, and how far apart the losses end."""
    with TemporaryDirectory() as folder:
        root = MONUMENTS if MONUMENTS.is_dir() else draw_sample(Path(folder))
        print(f"pictures: {root.name}", flush=True)
        workspace = Workspace(
            Path(folder) / "work",
            {
                "data": {"root": str(root), "conflicts": "drop"},
                "backbone": {"name": "efficientnet_lite0", "weights": "imagenet"},
            },
        )
        workspace.run("prepare", "split", "augment")
        Process(["-m", "bench.both_ways", "result.json"], workspace.folder).wait()
        result = json.loads((workspace.folder / "result.json").read_text())
    for way in ("ours", "usual"):
        epochs = ", ".join(f"{seconds:.2f}" for seconds in result[way]["seconds"])
        print(f"{way}: epochs of {epochs} s; loss {result[way]['loss']:.6f}")
    print(
        f"{result['rows']} training rows, the last {result['unfrozen']} layers trained;"
        f" features, once: {result['features']:.1f} s"
    )
    ours, usual = (_typical(result[way]["seconds"]) for way in ("ours", "usual"))
    ours_loss, usual_loss = (result[way]["loss"] for way in ("ours", "usual"))
    return [
        Figure(
            "fine-tuning the last block, an epoch",
            f"{ours:.2f} s",
            f"{usual:.2f} s",
            f"{usual / ours:.1f}x",
            "4x or more",
        ),
        Figure(
            f"its loss after {len(result['ours']['seconds'])} epochs",
            f"{ours_loss:.6f}",
            f"{usual_loss:.6f}",
            f"{100 * (ours_loss / usual_loss - 1):+.4f} %",
            "within 1 %",
        ),
    ]


def _typical(seconds: list[float]) -> float:
    """Return the mean over all epochs but the first, which compiles."""
    return sum(seconds[1:]) / len(seconds[1:])
