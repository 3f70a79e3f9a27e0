"""What the stages before have found out, in one object, and what it adds up to.

In: the prepared and split folders, and the leaks. Out: `Found`, and the counts of
`metrics/data.json`. None of them depends on a network, and so none moves with one.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headswap.artifacts.dataset.conflicts import Conflict, read_conflicts
from headswap.artifacts.dataset.index import (
    Index,
    Originals,
    read_index,
    read_originals,
)
from headswap.artifacts.dataset.near_duplicates import read_near_duplicates
from headswap.artifacts.dataset.split import Split, read_split
from headswap.artifacts.storage.tables import PathLike, read_table

# More kinds of reasons than these are counted as one: the counts are for git.
MAX_REASONS = 20


@dataclass(frozen=True)
class Found:
    """What the stages before have found out of N images.

    Attributes:
        index: of the images.
        originals: of the images.
        split: of the images.
        rejected: (path, reason) of every file left out.
        conflicts: those left out for their labels.
        same: rows of images that show the same picture, one list a picture.
        leaks: rows of images that stand in several given parts, one list a group.
        pairs: rows of two images that look alike, and whether they are one picture in
            all but their pixels.
    """

    index: Index
    originals: Originals
    split: Split
    rejected: list[tuple[str, str]]
    conflicts: list[Conflict]
    same: list[list[int]]
    leaks: list[list[int]]
    pairs: list[tuple[int, int, bool]]

    @property
    def num_images(self) -> int:
        """The number of images."""
        return len(self.index.image_ids)


def read_found(prepared: PathLike, split: PathLike, leaks: PathLike) -> Found:
    """Return what the stages before have found out.

    Args:
        prepared: the prepared folder.
        split: the split folder.
        leaks: `leaks.csv`.
    """
    index = read_index(prepared)
    rejected = read_table(Path(prepared) / "rejected.csv")
    leaking = read_table(leaks)
    row_of = {path: row for row, path in enumerate(index.paths)}
    row_of_id = {image_id: row for row, image_id in enumerate(index.image_ids)}
    return Found(
        index=index,
        originals=read_originals(prepared),
        split=read_split(split),
        rejected=list(zip(rejected["path"], rejected["reason"], strict=True)),
        conflicts=read_conflicts(prepared),
        same=[
            rows
            for rows in together(index.pixel_hashes, range(len(index.paths)))
            if len(rows) > 1
        ],
        leaks=together(leaking["group"], [row_of[path] for path in leaking["path"]]),
        pairs=[
            (row_of_id[each.image_id], row_of_id[each.other_id], each.is_confirmed)
            for each in read_near_duplicates(prepared)
        ],
    )


def together(names: Sequence[str], rows: Sequence[int]) -> list[list[int]]:
    """Return the rows of each name, in the order in which names first come."""
    found: dict[str, list[int]] = defaultdict(list)
    for name, row in zip(names, rows, strict=True):
        found[name].append(row)
    return list(found.values())


def kind_of_reason(reason: str) -> str:
    """Return a reason without what is particular to one file, such as `damaged PNG`."""
    return reason.partition(":")[0]


def count(found: Found) -> dict[str, Any]:
    """Return the counts of `data.json`."""
    _, of_groups = np.unique(found.split.groups, return_counts=True)
    reasons = Counter(_key(kind_of_reason(reason)) for _, reason in found.rejected)
    kept = dict(sorted(reasons.most_common(MAX_REASONS)))
    if hidden := reasons.total() - sum(kept.values()):
        kept["of_other_kinds"] = hidden
    tasks = found.index.tasks
    counts = {task.name: class_counts(found, task.name) for task in tasks}
    return {
        "images": found.num_images,
        "groups": len(of_groups),
        "largest_group": int(of_groups.max()),
        "classes": {name: len(each) for name, each in counts.items()},
        "smallest_class": {name: int(each.min()) for name, each in counts.items()},
        "rejected": {"in_all": len(found.rejected), **kept},
        "duplicates": sum(len(rows) - 1 for rows in found.same),
        "near_duplicates": sum(is_one for *_, is_one in found.pairs),
        "same_moment": sum(not is_one for *_, is_one in found.pairs),
        "conflicts": len(found.conflicts),
        "leaks": sum(map(len, found.leaks)),
    }


def class_counts(found: Found, task_name: str) -> np.ndarray:
    """Return the images of each class of a task, (C,) int."""
    task = next(task for task in found.index.tasks if task.name == task_name)
    return task.targets(found.index.cells[task_name]).counts()


def _key(reason: str) -> str:
    # Dots would divide a key in DVC's tables.
    return re.sub(r"\W+", "_", reason).strip("_").lower() or "unknown"
