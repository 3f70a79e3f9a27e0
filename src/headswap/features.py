"""features: every image through the frozen part of the network, once.

In: prepared and augmented images. Out: `rows.csv` (image_id, copy) naming the rows
(prepared images first, as copy 0, then the augmented ones), `features.json` with the
members in order, and for each member, that is each backbone, a folder:

- `member.json`: where the network was cut and what lies on either side;
- `features.npy`: one feature an image; left out where the cut is at the input, because
  the features are then the images themselves;
- `above.json`, `above.weights.h5`: the part above the cut, where there is one, so that
  training never has to know which network it was.
"""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from headswap import registry
from headswap.arrays import RowWriter, iterate, num_rows
from headswap.backend import set_up_backend
from headswap.cut import Cut, choose_place, divide
from headswap.decode import squash
from headswap.errors import InputError
from headswap.fingerprint import environment, hash_code, hash_file, hash_text
from headswap.params import backbone as backbone_params
from headswap.params import features as features_params
from headswap.params.backbone import IMAGENET, RANDOM
from headswap.pooling import pool
from headswap.tables import PathLike, write_table

# Random weights have to be the same ones whenever a network is built again.
RANDOM_WEIGHTS_SEED = 0


def build_network(
    name: str, backbone: backbone_params.Section, prepared_size: int
) -> keras.Model:
    """Return the whole network, from uint8 pixels to the pooled vector.

    Args:
        name: of the backbone.
        backbone: its weights, size and pooling.
        prepared_size: side of the prepared pictures, in pixels.

    Raises:
        InputError: pictures too small for the network, or weights that do not fit.
    """
    module = registry.load("backbones", name)
    size = backbone.size or prepared_size
    if size < module.MINIMUM_SIZE:
        where = "backbone.size" if backbone.size else "prepare.size"
        raise InputError(
            f"params.yaml: {where} must be at least {module.MINIMUM_SIZE} for {name}, "
            f"got {size}. Raise it, or choose another backbone."
        )
    keras.utils.set_random_seed(RANDOM_WEIGHTS_SEED)
    pixels = keras.Input((size, size, 3), dtype="uint8", name="pixels")
    weights = None if _has_random_weights(name, backbone) else backbone.weights
    feature_map = module.build(pixels, weights).output
    return keras.Model(pixels, pool(feature_map, backbone.pooling), name=name)


def _is_from_scratch(name: str) -> bool:
    return getattr(registry.load("backbones", name), "FROM_SCRATCH", False)


def _has_random_weights(name: str, backbone: backbone_params.Section) -> bool:
    # A network that nobody has trained has no ImageNet weights to ask for.
    return backbone.weights == RANDOM or (
        backbone.weights == IMAGENET and _is_from_scratch(name)
    )


def compute_features(
    image_files: Sequence[PathLike],
    row_names: Sequence[tuple[str, int]],
    backbone: backbone_params.Section,
    options: features_params.Section,
    output: PathLike,
    reusable: PathLike,
) -> None:
    """Write the features folder.

    Args:
        image_files: `.npy` files of (N, size, size, 3) uint8 RGB, in row order.
        row_names: (image_id, copy) of every row of those files.
        backbone: which networks and weights, and where they are cut.
        options: how the features are computed.
        output: folder to write.
        reusable: folder of members computed before; safe to delete at any time.
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    images_hash = hash_text(map(hash_file, image_files))
    origin = [images_hash, hash_code(), *environment()]
    set_up_backend(tf32=False, one_thread=False)
    for name in backbone.names:
        key = hash_text([*origin, name, *_facts(backbone), options.precision])
        computed = Path(reusable) / key[:32]
        if not computed.is_dir():
            _compute_member(name, image_files, images_hash, backbone, options, computed)
        (folder / name).mkdir(exist_ok=True)
        for file in computed.iterdir():
            _link(file, folder / name / file.name)
        _report(folder / name)
    write_table(folder / "rows.csv", ["image_id", "copy"], row_names)
    members = json.dumps({"members": backbone.names}, indent=2)
    (folder / "features.json").write_text(members + "\n", encoding="utf-8")


def _facts(backbone: backbone_params.Section) -> list[object]:
    """Return what the features depend on, for a name under which they are kept."""
    weights = backbone.weights
    is_file = weights not in (IMAGENET, RANDOM) and Path(weights).is_file()
    return [
        hash_file(weights) if is_file else weights,
        backbone.size,
        backbone.pooling,
        backbone.unfreeze,
    ]


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # Another file system.
        shutil.copy(source, target)


def _compute_member(
    name: str,
    image_files: Sequence[PathLike],
    images_hash: str,
    backbone: backbone_params.Section,
    options: features_params.Section,
    output: Path,
) -> None:
    """Write one member's folder, whole or not at all."""
    # Names of layers, and so the bytes of what is written, count up in a session.
    keras.utils.clear_session()
    prepared_size = np.load(image_files[0], mmap_mode="r").shape[1]
    network = build_network(name, backbone, prepared_size)
    unfreeze = "all" if _is_from_scratch(name) else backbone.unfreeze
    place, frozen = choose_place(network, unfreeze)
    for operation in network.operations:
        if operation.name in frozen:
            operation.trainable = False
    cut = divide(network, place)
    unfinished = output.with_suffix(f".unfinished-{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    size = network.input_shape[1]
    if cut.below or size != prepared_size:
        _write_features(unfinished / "features.npy", cut, size, image_files, options)
    if cut.above:
        (unfinished / "above.json").write_text(cut.above.to_json(), encoding="utf-8")
        cut.above.save_weights(unfinished / "above.weights.h5")
    cached = unfinished / "features.npy"
    num_bytes = cached.stat().st_size if cached.exists() else 0
    written = [images_hash, *map(hash_file, sorted(unfinished.iterdir()))]
    facts = {
        "backbone": name,
        "cut_after": place,
        "parameters_below": cut.below.count_params() if cut.below else 0,
        "parameters_above": cut.above.count_params() if cut.above else 0,
        "parameters_trained": _num_trained(cut),
        "cache_megabytes": round(num_bytes / 1e6, 3),
        "random_weights": _has_random_weights(name, backbone),
        "content": hash_text(written),
    }
    text = json.dumps(facts, indent=2)
    (unfinished / "member.json").write_text(text + "\n", encoding="utf-8")
    try:
        unfinished.rename(output)
    except OSError:  # Another process was faster; the content is the same.
        shutil.rmtree(unfinished)


def _write_features(
    path: Path,
    cut: Cut,
    size: int,
    image_files: Sequence[PathLike],
    options: features_params.Section,
) -> None:
    """Write the output of the part below the cut; without one, the resized pixels."""
    shape = cut.below.output_shape[1:] if cut.below else (size, size, 3)
    dtype = options.precision if cut.below else "uint8"
    total = sum(num_rows(file) for file in image_files)
    with (
        RowWriter(path, shape, dtype) as writer,
        tqdm(total=total, desc="features", unit="image") as bar,
    ):
        for file in image_files:
            for images in iterate(file, options.batch_size):
                features = _resize(images, size)
                if cut.below:
                    features = _predict(cut.below, features, options.batch_size)
                    _require_range(features, dtype, cut.layer_name)
                writer.append(features.astype(dtype))
                bar.update(len(images))


def _resize(images: np.ndarray, size: int) -> np.ndarray:
    """Return the images at the network's size, (B, size, size, 3) uint8."""
    if images.shape[1] == size:
        return images
    return np.stack([squash(image, size) for image in images])


def _num_trained(cut: Cut) -> int:
    if cut.above is None:
        return 0
    return sum(int(np.prod(weight.shape)) for weight in cut.above.trainable_weights)


def _predict(model: keras.Model, images: np.ndarray, batch_size: int) -> np.ndarray:
    """Return the model's output; every batch has the same shape, the last one too."""
    # A smaller last batch would be compiled anew, and a batch of one may differ in the
    # last bits from the same image in a larger batch.
    missing = batch_size - len(images)
    padded = np.pad(images, [(0, missing), (0, 0), (0, 0), (0, 0)])
    return np.asarray(model.predict_on_batch(padded))[: len(images)]


def _require_range(features: np.ndarray, dtype: str, layer_name: str) -> None:
    """Check that the features can be cached in a precision.

    Raises:
        InputError: a value that is no finite number, or that 16 bits cannot hold.
    """
    largest = np.abs(features).max()
    if not np.isfinite(largest):
        raise InputError(
            f"features: every feature after {layer_name} must be finite, got "
            f"{largest}. Check the weights file (backbone.weights)."
        )
    if largest > np.finfo(dtype).max:
        raise InputError(
            f"params.yaml: features.precision must be float32 for a cut after "
            f"{layer_name}, got {dtype}, which cannot hold {largest:.6g}. Set "
            "features.precision=float32, or cut elsewhere (backbone.unfreeze)."
        )


def _report(member: Path) -> None:
    facts = json.loads((member / "member.json").read_text(encoding="utf-8"))
    print(
        f"{facts['backbone']} cut after {facts['cut_after']}: "
        f"{facts['parameters_below']:,} parameters below, "
        f"{facts['parameters_above']:,} above ({facts['parameters_trained']:,} trained)"
        f", {facts['cache_megabytes']:,} MB cached"
    )
