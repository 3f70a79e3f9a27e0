"""Cached features -> one vector an image, of members by which pictures can be told."""

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.features.cache import Features, Member
from headswap.artifacts.features.views import average_views
from headswap.machine.memory import require_memory

# Feature rows read at a time: maps are larger than what is kept of them.
BATCH = 1024


def usable_members(features: Features) -> list[Member]:
    """Return the members whose features can tell classes apart by a linear head.

    Pixels cannot, nor can what random weights make of them.
    """
    return [
        member
        for member in features.members
        if member.rows.dtype != np.uint8 and not member.has_random_weights
    ]


def vector_length(member: Member) -> int:
    """Return how many numbers the vector of an image has."""
    return int(member.rows.row_shape[-1])


def read_vectors(member: Member, features: Features, index: Index) -> np.ndarray:
    """Return a member's features of the N images, (N, D) float32.

    Maps are averaged over their places, views of an image over the views.
    """
    # Twice while they are put together, and once as the result.
    num_bytes = 12 * len(features.image_ids) * vector_length(member)
    what = f"the features of {len(features.image_ids):,} pictures"
    require_memory(str(member.folder), num_bytes, what, "use fewer pictures")
    position = {image_id: row for row, image_id in enumerate(index.image_ids)}
    prepared = np.flatnonzero(features.copies == 0)
    vectors = []
    for start in range(0, len(prepared), BATCH):
        vectors.append(flatten(member.rows[prepared[start : start + BATCH]]))
    images = np.array([position[name] for name in features.image_ids[prepared]])
    return average_views(np.concatenate(vectors), images).astype(np.float32)


def flatten(features: np.ndarray) -> np.ndarray:
    """Return features as vectors, (N, D) float32; maps are averaged over places."""
    rows = features.astype(np.float32)
    return rows.reshape(len(rows), -1, rows.shape[-1]).mean(axis=1)


def most_alike(likeness: np.ndarray, number: int) -> np.ndarray:
    """Return the places of the highest in each row, (N, number) int, highest first.

    Args:
        likeness: (N, M).
        number: how many, at most M.
    """
    # Rounding makes equal pictures differ in the last bits; the earlier one stands.
    return np.argsort(-likeness.round(5), axis=1, kind="stable")[:, :number]


def directions(vectors: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return how vectors differ from a mean, (N, D) at length 1.

    Features are no negative numbers, and so all point one way as they are.
    """
    centred = vectors - mean
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(lengths, 1e-12))
