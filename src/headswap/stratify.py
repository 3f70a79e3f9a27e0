"""Drawing parts by class: counts where an image has one class, iterative where more."""

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np

Groups = Sequence[Sequence[int]]


def draw_by_class(
    groups: Groups,
    class_of_row: Sequence[str],
    sizes: Mapping[str, int | float],
    seed: Sequence[int],
) -> dict[str, list[int]]:
    """Return the rows of each drawn part, where an image has exactly one class.

    Each class is drawn by itself, in whole groups, none larger than the room that is
    left; so a part may stay smaller than asked for only where groups do not fit.

    Args:
        groups: rows that must stay together; a group counts for its first row's class.
        class_of_row: of each row.
        sizes: of each drawn part: images a class, or a share of each class.
        seed: of the draw.
    """
    by_class: dict[str, list[Sequence[int]]] = {}
    for rows in groups:
        by_class.setdefault(class_of_row[rows[0]], []).append(rows)
    drawn: dict[str, list[int]] = {part: [] for part in sizes}
    for class_name, class_groups in by_class.items():
        # Seeded by its name, so that other classes leave its draw as it is.
        random = np.random.default_rng([*seed, crc32(class_name.encode())])
        num_images = sum(map(len, class_groups))
        room = {part: wanted(size, num_images) for part, size in sizes.items()}
        for position in random.permutation(len(class_groups)):
            rows = class_groups[position]
            for part in sizes:
                if len(rows) <= room[part]:
                    drawn[part] += rows
                    room[part] -= len(rows)
                    break
    return drawn


def wanted(size: int | float, num_images: int) -> int:
    """Return how many of a class's images a part takes: at least one."""
    return size if isinstance(size, int) else max(1, round(size * num_images))


def draw_iteratively(
    groups: Groups,
    targets: np.ndarray,
    sizes: Mapping[str, int | float],
    seed: Sequence[int],
) -> dict[str, list[int]]:
    """Return the rows of each drawn part, where an image has any number of classes.

    The rarest class still to be placed goes first, each group to the part that lacks
    most of that class; images without any class are treated as one more class.

    Source: Sechidis, Tsoumakas & Vlahavas 2011, "On the Stratification of Multi-Label
    Data", algorithm 1.

    Args:
        groups: rows that must stay together.
        targets: (N, C) of 0 and 1.
        sizes: of each drawn part: images a class, or a share of each class.
        seed: of the draw.
    """
    no_class = ~targets.any(axis=1, keepdims=True)
    columns = np.concatenate([targets.astype(bool), no_class], axis=1)
    holds = np.array([columns[list(rows)].sum(axis=0) for rows in groups])
    totals = holds.sum(axis=0)
    shares = [
        size
        if isinstance(size, float)
        else size / max(1, np.median(totals[totals > 0]))
        for size in sizes.values()
    ]
    parts = [*sizes, "rest"]
    share = np.array([*shares, max(0.0, 1 - sum(shares))])
    lacks = share[:, None] * totals
    lacks_any = share * sum(map(len, groups))
    random = np.random.default_rng(list(seed))
    place = random.permutation(len(groups))
    waiting = np.ones(len(groups), bool)
    drawn: dict[str, list[int]] = {part: [] for part in parts}
    while waiting.any():
        left = holds[waiting].sum(axis=0)
        rarest = min(np.flatnonzero(left), key=lambda column: left[column])
        for group in place[waiting[place] & (holds[place, rarest] > 0)]:
            # Ties go to the part that lacks most images, then to a random one.
            order = np.lexsort([random.random(len(parts)), lacks_any, lacks[:, rarest]])
            part = order[-1]
            drawn[parts[part]] += groups[group]
            lacks[part] -= holds[group]
            lacks_any[part] -= len(groups[group])
            waiting[group] = False
    del drawn["rest"]
    return drawn
