"""The bundle folder.

- `bundle.json`: how pictures are read and viewed, which networks compute, with which
  versions it was made, and the SHA-256 of every other file;
- `model/`: the heads, or what was trained above the cut, as `artifacts.model` has them;
- `networks/<member>/`: `below.json` and `below.weights.h5`, where the network has a
  part below the cut;
- `sample/` and `neighbours/`, where it has them, as the modules of these names say;
- `MODEL_CARD.md`, for people.

Nothing in it is code, and none is run from it. A file that is loaded is one that
`bundle.json` names, with these very bytes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import Field

from headswap.artifacts.bundle.neighbours import NEIGHBOURS
from headswap.artifacts.bundle.sample import SAMPLE
from headswap.artifacts.features.cache import BELOW_FILES, MemberName, input_name
from headswap.artifacts.storage.documents import STRICT_FORM, read_document
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError, listed
from headswap.machine.backend import Backend
from headswap.machine.fingerprint import hash_file
from headswap.params._types import Count
from headswap.params.features import Engine, Precision, Views
from headswap.params.prepare import Depth, ImageSize, Resize

FORMAT = 1
FACTS, MODEL, NETWORKS, CARD = "bundle.json", "model", "networks", "MODEL_CARD.md"
_REMEDY = "Run `dvc repro bundle`, or name another folder."


@dataclass(frozen=True)
class _Facts:
    """Of `bundle.json`, what is read before all else."""

    __pydantic_config__ = STRICT_FORM

    format: int
    files: Mapping[str, str]


@dataclass(frozen=True)
class Network:
    """A network below the cut.

    Attributes:
        name: of its folder.
        image_size: side of its pictures, in pixels.
        has_below: whether there is anything below the cut; else pictures go to the
            model as they are.
    """

    __pydantic_config__ = STRICT_FORM

    name: MemberName
    image_size: ImageSize
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

    __pydantic_config__ = STRICT_FORM

    image_size: ImageSize
    resize: Resize
    depth: Depth
    views: Views
    engine: Engine
    backend: Backend
    batch_size: Count
    precision: Precision
    cached_dtype: Literal["float32", "float16"]
    networks: Annotated[Sequence[Network], Field(min_length=1)]
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
    """Return the files of a bundle that it was not made with."""
    path = Path(folder)
    known = read_document(path / FACTS, _Facts, _REMEDY).files
    files = sorted(file for file in path.rglob("*") if file.is_file())
    names = [file.relative_to(path).as_posix() for file in files]
    return [name for name in names if name not in known and name != FACTS]


def _is_inside(name: str) -> bool:
    """Return whether a name is that of a file below the bundle."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def read_bundle(folder: PathLike) -> Bundle:
    """Return what a bundle says, once all its files are what it says they are.

    Raises:
        InputError: it is none, is of another format, or a file is missing or another.
    """
    path = Path(folder)
    if not (path / FACTS).is_file():
        raise InputError(
            f"{folder}: a bundle must have a whole {FACTS}, got none. {_REMEDY}"
        )
    facts: _Facts = read_document(path / FACTS, _Facts, _REMEDY)
    if facts.format != FORMAT:
        raise InputError(
            f"{folder}: the bundle must be of format {FORMAT}, got {facts.format}. "
            "Make it again with this version of headswap, or install the one that "
            "made it."
        )
    bundle: Bundle = read_document(path / FACTS, Bundle, _REMEDY)
    needed = {
        f"{NETWORKS}/{network.name}/{name}": ""
        for network in bundle.networks
        if network.has_below
        for name in BELOW_FILES
        if f"{NETWORKS}/{network.name}/{name}" not in facts.files
    }
    damaged = [
        name
        for name, expected in {**facts.files, **needed}.items()
        if not _is_inside(name)
        or not (path / name).is_file()
        or hash_file(path / name) != expected
    ]
    if damaged:
        raise InputError(
            f"{folder}: the files of the bundle must be as they were made, got "
            f"{len(damaged)} missing or changed: {listed(damaged)}. Copy the whole "
            "folder again."
        )
    loaded = tuple(f"{part}/" for part in (MODEL, NETWORKS, NEIGHBOURS, SAMPLE))
    if unknown := [name for name in added_files(folder) if name.startswith(loaded)]:
        raise InputError(
            f"{folder}: each file that is loaded must be one that {FACTS} names, got "
            f"{listed(unknown)}. Remove them, or copy the whole folder again."
        )
    return bundle
