"""split: the index -> who is train, validation and test, once a repeat.

Stratified by hand on the finest task. Images with the same pixels (one `group`) never
fall into different parts. Out: `split.csv` (image_id, repeat, part), rows in the order
of the index within each repeat.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from headswap.errors import raise_faults
from headswap.index import PARTS, Index
from headswap.params.split import PartSize, Section
from headswap.tasks import finest

DRAWN_PARTS = ("test", "validation")


def split(index: Index, options: Section) -> np.ndarray:
    """Return the part of each image in each repeat, (repeats, N) str.

    Raises:
        InputError: with every class that does not reach every part.
    """
    task = finest(index.tasks)
    groups_of_class = _groups_of_class(index.cells[task.name], index.groups)
    parts = np.full((options.repeats, len(index.image_ids)), "train", dtype="<U10")
    for number, class_name in enumerate(task.class_names):
        groups = groups_of_class[class_name]
        sizes = _part_sizes(sum(map(len, groups)), options)
        for repeat in range(options.repeats):
            random = np.random.default_rng([options.seed, repeat, number])
            shuffled = [groups[i] for i in random.permutation(len(groups))]
            for part, rows in _draw(shuffled, sizes).items():
                parts[repeat, rows] = part
    raise_faults(_missing_classes(index, parts))
    return parts


def _groups_of_class(
    cells: Sequence[str], groups: Sequence[str]
) -> dict[str, list[list[int]]]:
    """Return the rows of each group, by the class of the group's first image."""
    rows_of_group: dict[str, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        rows_of_group[group].append(row)
    by_class: dict[str, list[list[int]]] = defaultdict(list)
    for rows in rows_of_group.values():
        by_class[cells[rows[0]]].append(rows)
    return by_class


def _part_sizes(num_images: int, options: Section) -> dict[str, int]:
    """Return how many images of a class each drawn part takes."""

    def count(size: PartSize) -> int:
        return size if isinstance(size, int) else max(1, round(size * num_images))

    return {part: count(getattr(options, part)) for part in DRAWN_PARTS}


def _draw(
    groups: Sequence[Sequence[int]], sizes: Mapping[str, int]
) -> dict[str, list[int]]:
    """Return the rows of the drawn parts; whole groups, none larger than its room."""
    drawn: dict[str, list[int]] = {part: [] for part in sizes}
    for rows in groups:
        for part, size in sizes.items():
            if len(drawn[part]) + len(rows) <= size:
                drawn[part] += rows
                break
    return drawn


def _missing_classes(index: Index, parts: np.ndarray) -> list[str]:
    """Return one fault a class that some part of some repeat has no image of."""
    faults = []
    for task in index.tasks:
        targets = task.encode(index.cells[task.name]).astype(bool)
        for number, class_name in enumerate(task.class_names):
            missing = [
                part
                for part in PARTS
                if not (parts[:, targets[:, number]] == part).any(axis=1).all()
            ]
            if missing:
                faults.append(
                    f"split: {task.name} {class_name!r} must have images in every part, "
                    f"got none in {' and '.join(missing)} out of "
                    f"{targets[:, number].sum()} in all (duplicates stay together). "
                    "Add images, remove the class, or lower split.validation and "
                    "split.test."
                )
    return faults


def count_classes(index: Index, parts: np.ndarray) -> list[tuple[str, str, str, int]]:
    """Return (task, class, part, images) of the first repeat, for every class."""
    counts = []
    for task in index.tasks:
        targets = task.encode(index.cells[task.name])
        for part in PARTS:
            per_class = targets[parts[0] == part].sum(axis=0)
            counts += [
                (task.name, class_name, part, int(count))
                for class_name, count in zip(task.class_names, per_class, strict=True)
            ]
    return counts
