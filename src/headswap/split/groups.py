"""Groups: images that belong together, so that no part or fold may separate them."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def join_groups(image_ids: Sequence[str], facts: Sequence[Sequence[str]]) -> np.ndarray:
    """Return the group of each image, (N,) str, named by its smallest image id.

    Two images belong together where any fact is the same for both, and so do all that
    are joined by others in between. A group of one image is the ordinary case.

    Args:
        image_ids: of the N images, unique.
        facts: of the N images each; "" joins nothing.
    """
    num_images = len(image_ids)
    starts: list[int] = []
    ends: list[int] = []
    for values in facts:
        first_with: dict[str, int] = {}
        for row, value in enumerate(values):
            if value:
                starts.append(first_with.setdefault(value, row))
                ends.append(row)
    links = coo_array(
        (np.ones(len(starts), bool), (starts, ends)), (num_images, num_images)
    )
    _, group_of_row = connected_components(links, directed=False)
    names: dict[int, str] = {}
    for image_id, group in zip(image_ids, group_of_row.tolist(), strict=True):
        names[group] = min(image_id, names.get(group, image_id))
    return np.array([names[group] for group in group_of_row.tolist()], dtype=str)
