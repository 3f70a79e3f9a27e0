"""The bundle folder.

- `bundle.json`: how pictures are read and viewed, which networks compute, with which
  versions it was made, and the SHA-256 of every other file;
- `model/`: the heads, or what was trained above the cut, as `artifacts.model` has them;
- `networks/<member>/`: `below.json` and `below.weights.h5`, where the network has a
  part below the cut;
- `sample/`, where it has one, as `sample` describes it;
- `MODEL_CARD.md`, for people.

Nothing in it is code, and none is run from it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from headswap.artifacts.features.cache import input_name
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError, listed
from headswap.machine.fingerprint import hash_file

FORMAT = 1
FACTS, MODEL, NETWORKS, CARD = "bundle.json", "model", "networks", "MODEL_CARD.md"


@dataclass(frozen=True)
class Network:
    """A network below the cut.

    Attributes:
        name: of its folder.
        image_size: side of its pictures, in pixels.
        has_below: whether there is anything below the cut; else pictures go to the
            model as they are.
    """

    name: str
    image_size: int
    has_below: bool

    @property
    def input_name(self) -> str:
        """The name that the model's input for its features has."""
        return input_name(self.name)


@dataclass(frozen=True)
class Bundle:
    """What `bundle.json` says.

    Attributes:
        image_size: side that a picture is first brought to, in pixels.
        resize: how, as `prepare.resize`.
        depth: bits that are used of pictures of 16, as `prepare.depth`.
        views: of every picture, whose probabilities are averaged.
        engine: that computed the features.
        backend: of Keras.
        batch_size: pictures a step.
        precision: of the features, as `features.precision`.
        cached_dtype: that features are rounded to before the model takes them.
        networks: in their order.
        libraries: versions it was made with, by name.
    """

    image_size: int
    resize: str
    depth: int | None
    views: Sequence[str]
    engine: str
    backend: str
    batch_size: int
    precision: str
    cached_dtype: str
    networks: Sequence[Network]
    libraries: Mapping[str, str]


def write_facts(folder: PathLike, bundle: Bundle) -> None:
    """Write `bundle.json`, once all other files are there."""
    path = Path(folder)
    hashes = {
        file.relative_to(path).as_posix(): hash_file(file)
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name != FACTS
    }
    facts = {"format": FORMAT, **asdict(bundle), "files": hashes}
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    (path / FACTS).write_text(text + "\n", encoding="utf-8")


def added_files(folder: PathLike) -> list[str]:
    """Return the files of a whole bundle that it was not made with."""
    path = Path(folder)
    facts = json.loads((path / FACTS).read_text(encoding="utf-8"))
    return [
        name for name in _names(path) if name not in facts["files"] and name != FACTS
    ]


def _names(folder: Path) -> list[str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return [file.relative_to(folder).as_posix() for file in files]


def read_bundle(folder: PathLike) -> Bundle:
    """Return what a bundle says, once all its files are what it says they are.

    Raises:
        InputError: it is none, is of another format, or a file is missing or another.
    """
    path = Path(folder)
    try:
        facts: dict[str, Any] = json.loads((path / FACTS).read_text(encoding="utf-8"))
        made_as, files = facts.pop("format"), dict(facts.pop("files"))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(
            f"{folder}: a bundle must have a whole {FACTS}, got "
            f"{type(error).__name__}. Run `dvc repro bundle`, or name another folder."
        ) from error
    if made_as != FORMAT:
        raise InputError(
            f"{folder}: the bundle must be of format {FORMAT}, got {made_as!r}. Make "
            "it again with this version of headswap, or install the one that made it."
        )
    damaged = [
        name
        for name, expected in files.items()
        if not (path / name).is_file() or hash_file(path / name) != expected
    ]
    if damaged:
        raise InputError(
            f"{folder}: the files of the bundle must be as they were made, got "
            f"{len(damaged)} missing or changed: {listed(damaged)}. Copy the whole "
            "folder again."
        )
    try:
        networks = [Network(**each) for each in facts.pop("networks")]
        return Bundle(networks=networks, **facts)
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{folder}: {FACTS} must say what this version reads, got other entries "
            f"({error}). Make the bundle again with this version of headswap, or "
            "install the one that made it."
        ) from error
