"""features: every image through the frozen part of the network, once.

In: prepared and augmented images. Out: `rows.csv` (image_id, copy) naming the rows
(prepared images first, as copy 0, then the augmented ones), `features.json` with the
members in order, and for each member, that is each backbone, a folder (`member`).
"""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.storage.tables import PathLike, read_table, write_table
from headswap.features.member import compute_member
from headswap.machine.backend import set_up_backend
from headswap.machine.fingerprint import hash_code, hash_file, hash_text
from headswap.params import backbone as backbone_params
from headswap.params import features as features_params


def compute_features(
    inputs: PathLike,
    prepared: PathLike,
    augmented: PathLike,
    backbone: backbone_params.Section,
    options: features_params.Section,
    output: PathLike,
    reusable: PathLike,
) -> None:
    """Write the features of the prepared and the augmented images.

    Args:
        inputs: the stage's file of `check`: what features depend on besides.
        prepared: the prepared folder.
        augmented: the augmented folder.
        backbone: which networks and weights, and where they are cut.
        options: how the features are computed.
        output: folder to write.
        reusable: folder of members computed before; safe to delete at any time.
    """
    versions = read_table(Path(augmented) / "augmented.csv")
    row_names = [(image_id, 0) for image_id in read_index(prepared).image_ids]
    row_names += zip(versions["image_id"], map(int, versions["copy"]), strict=True)
    image_files = [Path(made) / "images.npy" for made in (prepared, augmented)]
    origin = hash_file(inputs)
    write_features(image_files, row_names, origin, backbone, options, output, reusable)


def write_features(
    image_files: Sequence[PathLike],
    row_names: Sequence[tuple[str, int]],
    origin: str,
    backbone: backbone_params.Section,
    options: features_params.Section,
    output: PathLike,
    reusable: PathLike,
) -> None:
    """Write the features folder.

    Args:
        image_files: `.npy` files of (N, S, S, 3) uint8 RGB, in row order.
        row_names: (image_id, copy) of every row of those files.
        origin: a text that differs where libraries, the backend or weights do.
        backbone: which networks and weights, and where they are cut.
        options: how the features are computed.
        output: folder to write.
        reusable: folder of members computed before.
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    images_hash = hash_text(map(hash_file, image_files))
    set_up_backend(tf32=False, one_thread=False)
    for name in backbone.names:
        facts = [
            images_hash,
            origin,
            _code_hash(name),
            name,
            backbone.weights,
            backbone.image_size,
            backbone.pooling,
            backbone.unfreeze,
            options.batch_size,
            options.precision,
        ]
        computed = Path(reusable) / hash_text(facts)[:32]
        if not computed.is_dir():
            compute_member(name, image_files, images_hash, backbone, options, computed)
        (folder / name).mkdir(exist_ok=True)
        for file in computed.iterdir():
            _link(file, folder / name / file.name)
        _report(folder / name)
    write_table(folder / "rows.csv", ["image_id", "copy"], row_names)
    members = json.dumps({"members": backbone.names}, indent=2)
    (folder / "features.json").write_text(members + "\n", encoding="utf-8")


def _code_hash(backbone: str) -> str:
    """Return the hash of all code that a backbone's features come from."""
    return hash_code(
        ["headswap.features.member", f"headswap.features.backbones.{backbone}"]
    )


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # Another file system.
        shutil.copy(source, target)


def _report(member: Path) -> None:
    facts = json.loads((member / "member.json").read_text(encoding="utf-8"))
    print(
        f"{facts['backbone']} cut after {facts['cut_after']}: "
        f"{facts['parameters_below']:,} parameters below, "
        f"{facts['parameters_above']:,} above ({facts['parameters_trained']:,} trained)"
        f", {facts['cache_megabytes']:,} MB cached"
    )
