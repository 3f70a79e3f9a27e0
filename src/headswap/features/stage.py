"""features: every image through the frozen part of the network, once.

In: prepared and augmented images. Out: `rows.csv` (image_id, copy, view) naming the
rows: prepared images first, as copy 0 and view plain, then the augmented ones, then the
prepared ones again in each further view; `features.json` with the members in order; and
for each member, that is each network, a folder (`member`). Beside it, what the networks
cost when they are used.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from headswap import registry
from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.storage.tables import PathLike, read_table, write_table
from headswap.errors import InputError, listed, raise_faults
from headswap.features.member import write_member
from headswap.features.parts import CutNetwork
from headswap.features.pictures import Pictures, Source
from headswap.machine.fingerprint import (
    hash_code,
    hash_file,
    hash_if_readable,
    hash_text,
)
from headswap.machine.store import open_store
from headswap.params import backbone as backbone_params
from headswap.params import features as features_params


def compute_features(
    inputs: PathLike,
    prepared: PathLike,
    augmented: PathLike,
    backbone: backbone_params.Section,
    options: features_params.Section,
    backend: str,
    output: PathLike,
    cost: PathLike,
) -> None:
    """Write the features of the prepared and the augmented images.

    Args:
        inputs: the stage's file of `check`: what features depend on besides.
        prepared: the prepared folder.
        augmented: the augmented folder.
        backbone: which networks and weights, and where they are cut.
        options: how the features are computed.
        backend: of Keras, where it is needed.
        output: folder to write.
        cost: file to write: what one picture costs when the model is used.
    """
    versions = read_table(Path(augmented) / "augmented.csv")
    row_names = [(image_id, 0) for image_id in read_index(prepared).image_ids]
    row_names += zip(versions["image_id"], map(int, versions["copy"]), strict=True)
    image_files = [Path(made) / "images" for made in (prepared, augmented)]
    members = write_features(
        image_files,
        row_names,
        hash_file(Path(inputs)),
        backbone,
        options,
        backend,
        output,
        lambda: _require_unchanged(inputs, backbone),
        json.loads(Path(inputs).read_text(encoding="utf-8"))["libraries"],
    )
    text = json.dumps(_add_costs(members, len(options.views)), indent=2)
    Path(cost).parent.mkdir(parents=True, exist_ok=True)
    Path(cost).write_text(text + "\n", encoding="utf-8")


def _add_costs(
    members: Sequence[Mapping[str, Any]], num_views: int
) -> dict[str, float]:
    """Return what all networks cost together, for `metrics/cost.json`."""
    parameters = sum(
        each["parameters_below"] + each["parameters_above"] for each in members
    )
    multiply_adds = num_views * sum(each["multiply_adds"] for each in members)
    return {
        "parameters": parameters,
        "megabytes": round(4 * parameters / 1e6, 1),
        "million_multiply_adds": round(multiply_adds / 1e6),
    }


def _require_unchanged(inputs: PathLike, backbone: backbone_params.Section) -> None:
    """Check that the files that the section names are those that `check` saw.

    Raises:
        InputError: one was replaced.
    """
    seen = json.loads(Path(inputs).read_text(encoding="utf-8"))["files"]
    if replaced := [
        name
        for name, path in backbone.files.items()
        if hash_if_readable(path) != seen[name]
    ]:
        raise InputError(
            f"{inputs}: the files that it describes must stay as they are until the "
            f"stage has ended, got another {listed(replaced)}. Run the whole pipeline "
            "again (dvc repro): nothing was kept."
        )


def write_features(
    image_files: Sequence[PathLike],
    row_names: Sequence[tuple[str, int]],
    origin: str,
    backbone: backbone_params.Section,
    options: features_params.Section,
    backend: str,
    output: PathLike,
    require_unchanged: Callable[[], None] = lambda: None,
    libraries: Mapping[str, str | None] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Write the features folder; return the facts of its members.

    Args:
        image_files: folders of rows, (N, S, S, 3) uint8 RGB, the prepared images first.
        row_names: (image_id, copy) of every image in them; 0 is the prepared one.
        origin: a text that differs where libraries, the backend or weights do.
        backbone: which networks and weights, and where they are cut.
        options: how the features are computed.
        backend: of Keras, where it is needed.
        output: folder to write.
        require_unchanged: raises where what was read is not what `origin` stands for.
        libraries: versions of those that compute, which a cluster has to have too.
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    further = options.further_views
    sources = [Source(file, features_params.PLAIN) for file in image_files]
    pictures = Pictures(sources + [Source(image_files[0], view) for view in further])
    num_expected = len(row_names) + len(further) * sum(
        not copy for _, copy in row_names
    )
    if len(pictures) != num_expected:
        raise InputError(
            f"{', '.join(map(str, image_files))}: there must be a picture of each of "
            f"the {num_expected:,} rows, got {len(pictures):,}. Delete the folders, "
            "and `dvc repro` makes them anew."
        )
    hashes = pictures.hashes()
    raise_faults(features_params.engine_faults(options, backend))
    device = registry.load("engines", options.engine).find_device(backend)
    members = []
    with open_store() as store:
        for named in backbone.networks:
            facts = [
                origin,
                _code_hash(named, options.engine),
                device,
                named,
                pictures.size,
                backbone.weights,
                backbone.pooling,
                backbone.unfreeze,
                options.engine,
                options.precision,
            ]
            name = hash_text(facts)
            waiting = f"{named.key}: waiting for another run that computes its features"
            with store.claim(name, waiting):
                network = CutNetwork(
                    named,
                    backbone,
                    pictures.size,
                    options,
                    backend,
                    device,
                    bytes.fromhex(name),
                    store,
                    require_unchanged,
                )
                member = folder / named.key
                members.append(
                    write_member(
                        network, pictures, hashes, store, options, libraries, member
                    )
                )
    rows = [(*name, features_params.PLAIN) for name in row_names]
    for view in further:
        rows += [(image_id, copy, view) for image_id, copy in row_names if copy == 0]
    write_table(folder / "rows.csv", ["image_id", "copy", "view"], rows)
    names = json.dumps({"members": [n.key for n in backbone.networks]}, indent=2)
    (folder / "features.json").write_text(names + "\n", encoding="utf-8")
    return members


def _code_hash(network: backbone_params.Network, engine: str) -> str:
    """Return the hash of all code that a network's features come from."""
    own = [] if network.is_file else [f"headswap.features.backbones.{network.source}"]
    names = ["features.parts", "features.rows", f"engines.{engine}"]
    return hash_code([*(f"headswap.{name}" for name in names), *own])
