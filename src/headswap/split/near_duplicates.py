"""Near-duplicates: which of the pairs that prepare found belong together, and in words.

In: the pairs, confirmed or not. Out: what joins images to groups, and a table for
people, in which each pair stands with what was made of it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.near_duplicates import NearDuplicate
from headswap.errors import listed
from headswap.split.groups import join_groups

# More pictures than this that look alike one by one are no copies of one picture, but a
# way of taking pictures: joined, they would be a part of their own.
MAX_PICTURES = 20
# The table is in git; `data/prepared/near_duplicates.csv` has all.
MAX_LISTED_PAIRS = 1000
PAIR_COLUMNS = (
    "what",
    "path",
    "other_path",
    "given_part",
    "other_given_part",
    "differing_bits",
    "correlation",
    "detail_correlation",
)
JOINED, NOT_JOINED = "joined", "same picture"
TOO_MANY, UNCONFIRMED = "too many", "same moment?"
_ORDER = (JOINED, NOT_JOINED, TOO_MANY, UNCONFIRMED)


@dataclass(frozen=True)
class Links:
    """What near-duplicates say of N images.

    Attributes:
        facts: of each image, equal where confirmed pairs join them; "" joins nothing.
        verdicts: of each pair, what was made of it.
        too_large: paths of the pictures that look alike and are too many, by group.
    """

    facts: list[str]
    verdicts: list[str]
    too_large: list[list[str]]


def link(
    index: Index, pairs: Sequence[NearDuplicate], wanted: Literal["group", "report"]
) -> Links:
    """Return which images near-duplicates join.

    Args:
        index: of the N images.
        pairs: as prepare found them.
        wanted: whether pairs are joined at all.
    """
    confirmed = [pair for pair in pairs if pair.is_confirmed]
    joined = join_groups(
        index.image_ids, [], [(pair.image_id, pair.other_id) for pair in confirmed]
    )
    component_of = dict(zip(index.image_ids, joined.tolist(), strict=True))
    # Each picture stands in pairs by one file; those equal to it are joined anyway.
    num_pictures = Counter(component_of.values())
    too_large = {name for name, n in num_pictures.items() if n > MAX_PICTURES}

    def verdict(pair: NearDuplicate) -> str:
        if not pair.is_confirmed:
            return UNCONFIRMED
        if component_of[pair.image_id] in too_large:
            return TOO_MANY
        return JOINED if wanted == "group" else NOT_JOINED

    verdicts = [verdict(pair) for pair in pairs]
    is_joined = {
        name: wanted == "group" and 1 < number <= MAX_PICTURES
        for name, number in num_pictures.items()
    }
    members: dict[str, list[str]] = {name: [] for name in sorted(too_large)}
    for path, name in zip(index.paths, joined.tolist(), strict=True):
        if name in members:
            members[name].append(path)
    return Links(
        [name if is_joined[name] else "" for name in joined.tolist()],
        verdicts,
        list(members.values()),
    )


def pair_rows(
    index: Index, pairs: Sequence[NearDuplicate], verdicts: Sequence[str]
) -> list[tuple[object, ...]]:
    """Return the rows of the table for people: what was joined first, then by bits."""
    row_of = {image_id: row for row, image_id in enumerate(index.image_ids)}
    rows = []
    for what, pair in zip(verdicts, pairs, strict=True):
        both = [row_of[pair.image_id], row_of[pair.other_id]]
        rows.append(
            (
                what,
                *(index.paths[row] for row in both),
                *(index.given_parts[row] for row in both),
                pair.differing_bits,
                f"{pair.correlation:.3f}",
                f"{pair.detail_correlation:.3f}",
            )
        )
    rows.sort(key=lambda row: (_ORDER.index(row[0]), row[5], *row[1:3]))
    return rows[:MAX_LISTED_PAIRS]


def say(links: Links) -> None:
    """Say what was joined, and what was not and why."""
    counts = Counter(links.verdicts)
    if counts:
        num_groups = len({fact for fact in links.facts if fact})
        said = [f"{counts[JOINED]} pairs joined, in {num_groups} groups"]
        if counts[NOT_JOINED]:
            said = [f"{counts[NOT_JOINED]} pairs left apart (split.near_duplicates)"]
        if counts[TOO_MANY]:
            said.append(f"{counts[TOO_MANY]} pairs of too many alike")
        if counts[UNCONFIRMED]:
            said.append(f"{counts[UNCONFIRMED]} pairs perhaps of the same moment")
        shown = (
            f", of which the first {MAX_LISTED_PAIRS} are listed"
            if len(links.verdicts) > MAX_LISTED_PAIRS
            else ""
        )
        print(
            f"split: near-duplicates (see near_duplicates.csv): {', '.join(said)}"
            f"{shown}"
        )
    for paths in links.too_large:
        print(
            f"note: {len(paths)} pictures look alike one by one, and more than "
            f"{MAX_PICTURES} are not joined: {listed(paths)}. Remove those that are "
            "copies, or say with data.group what belongs together."
        )
