"""Leaks: what belongs together and stands in several parts that the data set gives."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.near_duplicates import NearDuplicate

LEAK_COLUMNS = (
    "group",
    "given_part",
    "path",
    "reason",
    "other_given_part",
    "other_path",
)


class Leak(NamedTuple):
    """One file that belongs together with one in another given part.

    Attributes:
        group: of both.
        given_part: of the file.
        path: of the file.
        reason: same picture, near-duplicate, same group, or joined by others between.
        other_given_part: of the other file.
        other_path: of the other file, the first with that reason.
    """

    group: str
    given_part: str
    path: str
    reason: str
    other_given_part: str
    other_path: str

    def __str__(self) -> str:
        other = f"{self.other_path} of {self.other_given_part}"
        return f"{self.path} of {self.given_part} ({self.reason}: {other})"


# The first row of each part that has something.
_FirstRows = dict[str, int]


def find_leaks(
    index: Index, groups: np.ndarray, pairs: Sequence[NearDuplicate]
) -> list[Leak]:
    """Return one leak a file that has its like in another given part, in order.

    Args:
        index: of the N images.
        groups: of each image, (N,) str.
        pairs: of near-duplicates, as prepare found them.
    """
    of_group: dict[str, _FirstRows] = defaultdict(dict)
    of_picture: dict[str, _FirstRows] = defaultdict(dict)
    of_given_group: dict[str, _FirstRows] = defaultdict(dict)
    for row, part in enumerate(index.given_parts):
        if part:
            of_group[str(groups[row])].setdefault(part, row)
            of_picture[index.pixel_hashes[row]].setdefault(part, row)
            if index.given_groups[row]:
                of_given_group[index.given_groups[row]].setdefault(part, row)
    picture_of = dict(zip(index.image_ids, index.pixel_hashes, strict=True))
    alike: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        first, second = picture_of[pair.image_id], picture_of[pair.other_id]
        if pair.is_confirmed:
            alike[first].append(second)
            alike[second].append(first)
    leaks = []
    for row, part in enumerate(index.given_parts):
        group = str(groups[row])
        if not part or len(of_group[group]) < 2:
            continue
        picture = index.pixel_hashes[row]
        reasons = (
            ("same picture", [of_picture[picture]]),
            ("near-duplicate", [of_picture[other] for other in alike[picture]]),
            ("same group", [of_given_group[index.given_groups[row]]]),
            ("joined by others", [of_group[group]]),
        )
        reason, other = next(
            (reason, other)
            for reason, candidates in reasons
            if (other := _first_elsewhere(part, candidates)) is not None
        )
        leaks.append(
            Leak(
                group,
                part,
                index.paths[row],
                reason,
                index.given_parts[other],
                index.paths[other],
            )
        )
    return sorted(leaks)


def _first_elsewhere(part: str, candidates: Sequence[Mapping[str, int]]) -> int | None:
    """Return the first row that is in another part, if there is one."""
    rows = [row for rows in candidates for other, row in rows.items() if other != part]
    return min(rows, default=None)


def count_reasons(leaks: Sequence[Leak]) -> str:
    """Return how many leaks there are for each reason, as one phrase."""
    counts = Counter(leak.reason for leak in leaks)
    return ", ".join(f"{reason}: {number}" for reason, number in counts.most_common())
