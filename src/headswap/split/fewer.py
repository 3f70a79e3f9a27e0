"""Fewer training images: which groups stay when only a share of them is to train.

Guaranteed: groups stay whole, a smaller share is part of every larger one, and every
class that trains keeps an image.
"""

from collections.abc import Sequence

import numpy as np

from headswap.split.drawing import hash_name


def trains_still(
    combinations: np.ndarray,
    classes: np.ndarray,
    group_of_row: np.ndarray,
    names: Sequence[str],
    share: float,
    seed: Sequence[object],
) -> np.ndarray:
    """Return which groups stay, (groups,) bool.

    Groups with the same labels are put in the order of their hashes, evenly over 0..1
    from where chance begins; who lies below the share stays. So each class keeps its
    share to within a group, and all together keep theirs.

    Args:
        combinations: of each training image, (rows,) int.
        classes: of each combination, (combinations, C) of 0 and 1.
        group_of_row: of each training image, (rows,) int.
        names: of the groups, unique.
        share: of the groups that is to stay, above 0.
        seed: of the draw.
    """
    alike: dict[tuple[int, ...], list[tuple[float, int]]] = {}
    order = np.argsort(group_of_row, kind="stable")
    starts = np.cumsum(np.bincount(group_of_row, minlength=len(names)))[:-1]
    members = np.split(combinations[order], starts)
    for group, labels in enumerate(members):
        labelled = tuple(sorted(labels.tolist()))
        alike.setdefault(labelled, []).append((hash_name(seed, names[group]), group))
    place = np.empty(len(names))
    for kind in alike.values():
        kind.sort()
        # The lowest of some hashes is a chance that knows nothing of other groups.
        start = hash_name([*seed, "start"], names[kind[0][1]])
        for rank, (_, group) in enumerate(kind):
            place[group] = (rank + start) / len(kind)
    stays = place < share
    has_class = np.array([classes[labels].any(axis=0) for labels in members])
    for of_class in has_class.T:
        groups = np.flatnonzero(of_class)
        if len(groups):
            stays[groups[place[groups].argmin()]] = True
    return stays
