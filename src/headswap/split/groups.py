"""Groups: images that belong together, so that no part or fold may separate them."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def join_groups(
    image_ids: Sequence[str],
    facts: Sequence[Sequence[str]],
    pairs: Sequence[tuple[str, str]] = (),
) -> np.ndarray:
    """Return the group of each image, (N,) str, named by its smallest image id.

    Two images belong together where any fact is the same for both or they are a pair,
    and so do all that are joined by others in between. A group of one image is the
    ordinary case.

    Args:
        image_ids: of the N images, unique.
        facts: of the N images each; "" joins nothing.
        pairs: of image ids.
    """
    num_images = len(image_ids)
    row_of = {image_id: row for row, image_id in enumerate(image_ids)}
    starts = [row_of[first] for first, _ in pairs]
    ends = [row_of[second] for _, second in pairs]
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
