"""features: every image through the frozen part of the network, once.

In: prepared and augmented images. Out, in one folder: `<backbone>.npy` with one feature
an image, `rows.csv` (image_id, copy) naming the rows (prepared images first, as copy 0,
then the augmented ones), and `features.json`, which says where the network was cut.
What is left above the cut lies beside them as `<backbone>.above.json` and
`.above.weights.h5`, so that training never has to know which network it was.
"""

import json
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from headswap import registry
from headswap.arrays import RowWriter, iterate, num_rows
from headswap.cut import Cut, divide
from headswap.errors import InputError
from headswap.params import backbone as backbone_params
from headswap.params import features as features_params
from headswap.pooling import pool
from headswap.tables import PathLike, write_table

# Random weights have to be the same ones whenever a network is built again.
RANDOM_WEIGHTS_SEED = 0


def build_network(backbone: backbone_params.Section, size: int) -> keras.Model:
    """Return the whole network, from uint8 pixels to the pooled vector.

    Args:
        backbone: which network and weights.
        size: side of the pictures, in pixels.

    Raises:
        InputError: pictures too small for the network, or weights that do not fit.
    """
    module = registry.load("backbones", backbone.name)
    if size < module.MINIMUM_SIZE:
        raise InputError(
            f"params.yaml: prepare.size must be at least {module.MINIMUM_SIZE} for "
            f"{backbone.name}, got {size}. Raise it, or choose another backbone."
        )
    keras.utils.set_random_seed(RANDOM_WEIGHTS_SEED)
    pixels = keras.Input((size, size, 3), dtype="uint8", name="pixels")
    weights = None if backbone.weights == "none" else backbone.weights
    backbone_model = module.build(pixels, weights)
    vector = pool(backbone_model.output, backbone.pooling)
    return keras.Model(pixels, vector, name=backbone.name)


def compute_features(
    image_files: list[PathLike],
    row_names: list[tuple[str, int]],
    backbone: backbone_params.Section,
    options: features_params.Section,
    output: PathLike,
) -> None:
    """Write the features folder.

    Args:
        image_files: `.npy` files of (N, size, size, 3) uint8 RGB, in row order.
        row_names: (image_id, copy) of every row of those files.
        backbone: which network and weights, and where it is cut.
        options: how the features are computed.
        output: folder to write.
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    size = np.load(image_files[0], mmap_mode="r").shape[1]
    network = build_network(backbone, size)
    cut = divide(network, network.operations[-1].name)
    feature_shape = cut.below.output_shape[1:]
    with RowWriter(folder / f"{backbone.name}.npy", feature_shape, "float32") as writer:
        total = sum(num_rows(path) for path in image_files)
        with tqdm(total=total, desc=f"features {backbone.name}", unit="image") as bar:
            for path in image_files:
                for images in iterate(path, options.batch_size):
                    writer.append(_predict(cut.below, images, options.batch_size))
                    bar.update(len(images))
    write_table(folder / "rows.csv", ["image_id", "copy"], row_names)
    _write_description(folder, backbone, cut, feature_shape, total)


def _predict(model: keras.Model, images: np.ndarray, batch_size: int) -> np.ndarray:
    """Return the model's output; every batch has the same shape, the last one too."""
    # A smaller last batch would be compiled anew, and a batch of one may differ in the
    # last bits from the same image in a larger batch.
    missing = batch_size - len(images)
    padded = np.pad(images, [(0, missing), (0, 0), (0, 0), (0, 0)])
    return np.asarray(model.predict_on_batch(padded))[: len(images)]


def _write_description(
    folder: Path,
    backbone: backbone_params.Section,
    cut: Cut,
    feature_shape: tuple[int, ...],
    total: int,
) -> None:
    num_bytes = total * int(np.prod(feature_shape)) * np.dtype("float32").itemsize
    description = {
        "backbone": backbone.name,
        "cut_after": cut.layer_name,
        "feature_shape": list(feature_shape),
        "rows": total,
        "parameters_below": cut.below.count_params(),
        "parameters_above": cut.above.count_params() if cut.above else 0,
        "cache_megabytes": round(num_bytes / 1e6, 3),
    }
    text = json.dumps({"members": [description]}, indent=2)
    (folder / "features.json").write_text(text + "\n", encoding="utf-8")
    print(
        f"{backbone.name} cut after {cut.layer_name}: "
        f"{description['parameters_below']:,} parameters below, "
        f"{description['parameters_above']:,} above, "
        f"{description['cache_megabytes']} MB cached"
    )
