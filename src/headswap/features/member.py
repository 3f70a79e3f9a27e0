"""One member of the features folder: a backbone's features and what is left above.

- `member.json`: where the network was cut and what lies on either side;
- `features.npy`: one feature a row; left out where the cut is at the input and there is
  no other view or size, because the features are then the images themselves;
- `above.json`, `above.weights.h5`: the part above the cut, where there is one, so that
  training never has to know which network it was.
"""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from headswap.artifacts.storage.arrays import RowWriter, iterate, num_rows
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError
from headswap.features.cut import Cut, choose_place, divide
from headswap.features.network import build_network, has_random_weights, is_from_scratch
from headswap.features.saved import require_readable
from headswap.machine.fingerprint import hash_file, hash_text
from headswap.machine.progress import progress
from headswap.params import backbone as backbone_params
from headswap.params import features as features_params
from headswap.pictures.resize import squash
from headswap.pictures.views import VIEWS


class Source(NamedTuple):
    """Pictures in one view.

    Attributes:
        file: `.npy` of (N, S, S, 3) uint8 RGB.
        view: one of `VIEWS`.
    """

    file: PathLike
    view: str


def compute_member(
    named: backbone_params.Network,
    sources: Sequence[Source],
    images_hash: str,
    backbone: backbone_params.Section,
    options: features_params.Section,
    output: Path,
    require_unchanged: Callable[[], None],
) -> None:
    """Write one member's folder, whole or not at all.

    Args:
        named: the network.
        sources: of the rows, in their order.
        images_hash: of those pictures.
        backbone: weights, and where the network is cut.
        options: how the features are computed.
        output: folder to write.
        require_unchanged: raises where what was read is not what `output` stands for;
            called when all has been read, and then nothing is kept.
    """
    # Names of layers, and so the bytes of what is written, count up in a session.
    keras.utils.clear_session()
    prepared_size = np.load(sources[0].file, mmap_mode="r").shape[1]
    network = build_network(named, backbone, prepared_size)
    unfreeze = "all" if is_from_scratch(named) else backbone.unfreeze
    place, frozen = choose_place(network, unfreeze)
    for operation in network.operations:
        if operation.name in frozen:
            operation.trainable = False
    cut = divide(network, place)
    if named.is_file and cut.above:
        require_readable(named.source, cut.above.to_json())
    unfinished = output.with_suffix(f".unfinished-{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    size = network.input_shape[1]
    has_views = any(source.view != features_params.PLAIN for source in sources)
    if cut.below or size != prepared_size or has_views:
        _write_features(unfinished / "features.npy", cut, size, sources, options)
    if cut.above:
        (unfinished / "above.json").write_text(cut.above.to_json(), encoding="utf-8")
        cut.above.save_weights(unfinished / "above.weights.h5")
    cached = unfinished / "features.npy"
    num_bytes = cached.stat().st_size if cached.exists() else 0
    written = [images_hash, *map(hash_file, sorted(unfinished.iterdir()))]
    facts = {
        "backbone": named.key,
        "cut_after": place,
        "parameters_below": cut.below.count_params() if cut.below else 0,
        "parameters_above": cut.above.count_params() if cut.above else 0,
        "parameters_trained": _num_trained(cut),
        "cache_megabytes": round(num_bytes / 1e6, 3),
        "random_weights": has_random_weights(named, backbone),
        "content": hash_text(written),
    }
    text = json.dumps(facts, indent=2)
    (unfinished / "member.json").write_text(text + "\n", encoding="utf-8")
    try:
        require_unchanged()
    except InputError:
        shutil.rmtree(unfinished)
        raise
    try:
        unfinished.rename(output)
    except OSError:  # Another process was faster; the content is the same.
        shutil.rmtree(unfinished)


def _write_features(
    path: Path,
    cut: Cut,
    size: int,
    sources: Sequence[Source],
    options: features_params.Section,
) -> None:
    """Write the output of the part below the cut; without one, the resized pixels."""
    shape = cut.below.output_shape[1:] if cut.below else (size, size, 3)
    dtype = options.precision if cut.below else "uint8"
    total = sum(num_rows(source.file) for source in sources)
    with (
        RowWriter(path, shape, dtype) as writer,
        progress(what="features", total=total, unit="image") as bar,
    ):
        for file, view in sources:
            for images in iterate(file, options.batch_size):
                features = _resize(np.ascontiguousarray(VIEWS[view](images)), size)
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
