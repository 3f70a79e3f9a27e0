"""What tests make: a plain value for whatever they do not care about."""

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import PARTS, Round, Split
from headswap.artifacts.storage.arrays import Rows, RowWriter
from headswap.train.rows import RoundRows

# What `training.json` has to say of a model that is to be loaded.
FACTS = {"temperatures": {}, "thresholds": {}, "decode": "independent"}


def make_index(image_ids, cells, tasks, relations=(), **facts):
    """An index in which every image is a picture of its own."""
    image_ids = list(image_ids)
    nothing = [""] * len(image_ids)
    plain = {
        "paths": [f"{image_id}.png" for image_id in image_ids],
        "pixel_hashes": image_ids,
        "given_parts": nothing,
        "given_groups": nothing,
    }
    return Index(
        image_ids=image_ids,
        cells={name: list(column) for name, column in cells.items()},
        tasks=list(tasks),
        relations=list(relations),
        **(plain | facts),
    )


def make_split(parts, times=None):
    """A split with rounds of the given parts, (rounds, N), and two inner folds."""
    parts = np.array(parts)
    trains = parts == "train"
    counts = [{part: int((row == part).sum()) for part in PARTS} for row in parts]
    return Split(
        groups=np.array([f"group{number}" for number in range(parts.shape[1])]),
        parts=parts,
        folds=np.where(trains, np.cumsum(trains, axis=1) % 2, -1),
        times=trains.astype(int) if times is None else np.array(times),
        rounds=tuple(Round(n, count, count, 0.0) for n, count in enumerate(counts)),
    )


def make_rows(train, validation, num_folds, num_rows):
    """The rows of a round without augmented ones; two neighbours share a fold."""
    everything = np.arange(num_rows)
    trains = np.isin(everything, train)
    return RoundRows(
        train=np.asarray(train),
        validation=np.asarray(validation),
        folds=np.where(trains, everything // 2 % num_folds, -1),
        images=everything,
        is_prepared=np.ones(num_rows, bool),
    )


def save_rows(path, rows):
    """Write rows, (N, ...), as a stage does."""
    rows = np.asarray(rows)
    with RowWriter(path, rows.shape[1:], rows.dtype.name) as writer:
        writer.append(rows)


def load_rows(path):
    """Return all rows of a folder, (N, ...)."""
    rows = Rows([path])
    return rows[np.arange(len(rows))]
