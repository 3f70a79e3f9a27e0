"""The sample of a bundle: a few prepared pictures, and what training said of them.

`sample/pictures.npy` (K, S, S, 3) uint8 and `sample/predictions.json`, probabilities by
task. A bundle without it is whole, too.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from headswap.artifacts.storage.arrays import read_array
from headswap.artifacts.storage.documents import read_document
from headswap.artifacts.storage.tables import PathLike

SAMPLE, PICTURES, PREDICTIONS = "sample", "pictures.npy", "predictions.json"


class Sample(NamedTuple):
    """A few pictures, and what training said of them.

    Attributes:
        pictures: (K, S, S, 3) uint8 RGB.
        probabilities: (K, C) by task.
    """

    pictures: np.ndarray
    probabilities: Mapping[str, np.ndarray]


def write_sample(bundle: PathLike, sample: Sample) -> None:
    """Write the sample of a bundle, before its facts."""
    folder = Path(bundle, SAMPLE)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / PICTURES, sample.pictures)
    said = {name: rows.tolist() for name, rows in sample.probabilities.items()}
    text = json.dumps(said, indent=1, ensure_ascii=False)
    (folder / PREDICTIONS).write_text(text + "\n", encoding="utf-8")


def read_sample(bundle: PathLike) -> Sample | None:
    """Return the sample of a bundle, None where it has none."""
    folder = Path(bundle, SAMPLE)
    if not (folder / PICTURES).exists():
        return None
    form = Mapping[str, Sequence[Sequence[float]]]
    said = read_document(folder / PREDICTIONS, form, "Copy the bundle again.")
    return Sample(
        read_array(folder / PICTURES),
        {name: np.array(rows) for name, rows in said.items()},
    )
