"""The features folder as training reads it; see `features` for what is in it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headswap.artifacts.storage.arrays import Rows
from headswap.artifacts.storage.tables import PathLike, read_table

if TYPE_CHECKING:
    import keras

# Pixels are always scaled in full precision.
KEPT_IN_FULL_PRECISION = ("InputLayer", "Rescaling", "Normalization")


@dataclass(frozen=True)
class Member:
    """The cached features of one backbone, and what is left of it above the cut.

    Attributes:
        name: of its folder, such as `vgg16` or `vgg16-at-224`.
        rows: its features, (rows, ...), in the order of `rows.csv`.
        folder: where the part above the cut lies.
        has_above: whether there is such a part.
        has_random_weights: whether it starts from random weights.
    """

    name: str
    rows: Rows
    folder: Path
    has_above: bool
    has_random_weights: bool

    @property
    def input_name(self) -> str:
        """The name a model's input for these features has; no task can be called so."""
        return f"{self.name}-feature"

    def build_above(self, name: str) -> "keras.Model":
        """Return a fresh copy of the part above the cut, under another name.

        It computes in the precision that is set in Keras, whatever it was made in. A
        whole network with random weights is initialised anew, from Keras's seed.
        """
        import keras

        # Importing it lets Keras rebuild a part that pools by power mean.
        from headswap.layers.pooling import PowerMean  # noqa: F401

        config = json.loads((self.folder / "above.json").read_text(encoding="utf-8"))
        config["config"]["name"] = name
        _set_precision(config["config"]["layers"])
        above = keras.models.model_from_json(json.dumps(config))
        if not (self.has_random_weights and self.rows.dtype == np.uint8):
            above.load_weights(self.folder / "above.weights.h5")
        return above


def _set_precision(layers: Sequence[dict[str, Any]]) -> None:
    """Let every layer in a model's configuration compute as Keras is set to."""
    import keras

    for layer in layers:
        config = layer["config"]
        # Operations that are no layers (an addition, say) follow their inputs.
        if layer["class_name"] not in KEPT_IN_FULL_PRECISION and "dtype" in config:
            config["dtype"] = keras.config.dtype_policy().name
        _set_precision(config.get("layers", []))


@dataclass(frozen=True)
class Features:
    """A features folder.

    Attributes:
        members: the cached features, one member a backbone.
        image_ids: of each row.
        copies: of each row; 0 is the prepared image, in any view, others are augmented
            versions.
    """

    members: list[Member]
    image_ids: np.ndarray
    copies: np.ndarray

    @property
    def are_vectors(self) -> bool:
        """Whether nothing but heads is left to train."""
        return not any(member.has_above for member in self.members)


def read_features(features: PathLike, image_files: Sequence[PathLike]) -> Features:
    """Return what a features folder holds; arrays are read when they are asked for.

    Args:
        features: the folder.
        image_files: the images the features were computed from, in row order.
    """
    folder = Path(features)
    table = read_table(folder / "rows.csv")
    names = json.loads((folder / "features.json").read_text(encoding="utf-8"))[
        "members"
    ]
    members = [_read_member(folder / name, image_files) for name in names]
    return Features(
        members,
        np.array(table["image_id"]),
        np.array(table["copy"]).astype(int),
    )


def _read_member(folder: Path, image_files: Sequence[PathLike]) -> Member:
    facts = json.loads((folder / "member.json").read_text(encoding="utf-8"))
    cached = folder / "features.npy"
    return Member(
        name=folder.name,
        rows=Rows([cached] if cached.exists() else image_files),
        folder=folder,
        has_above=(folder / "above.json").exists(),
        has_random_weights=facts["random_weights"],
    )
