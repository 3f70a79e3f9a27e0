"""What a layout found: files, their labels, given parts and groups."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from headswap.artifacts.dataset.tasks import Kind
from headswap.errors import InputError, listed


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled file.

    Attributes:
        path: relative to the root, with forward slashes.
        labels: the classes of each task, in the order of `Listing.kinds`; one where it
            is multiclass, or none where nothing is known; any number where it is
            multilabel.
        given_part: train, validation or test where the data set says so, or "".
        given_group: what must not be parted from others of the same name, or "".
        slices: what `data.slices` name, in their order; "" where nothing is known.
    """

    path: str
    labels: tuple[tuple[str, ...], ...]
    given_part: str = ""
    given_group: str = ""
    slices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """What a layout found.

    Attributes:
        root: the folder that paths are relative to.
        rows: sorted by path.
        kinds: the kind of each task, by task name, in the order of `labels.json`.
        num_skipped: hidden and system files that were passed over.
        num_unlabelled: image files that no label names.
        rejected: (path, reason) of files that cannot be labelled.
        advice: a sentence, what to set where the labels turn out to mean nothing.
        below: in words, what the folders of the last level hold.
        excluded: files, and folders without any, that the layout has left out as
            `data.exclude` says.
    """

    root: Path
    rows: list[Row]
    kinds: Mapping[str, Kind]
    num_skipped: int = 0
    num_unlabelled: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)
    advice: str = "Add images of other classes."
    below: str = ""
    excluded: Sequence[str] = ()


def group_by_pattern(listing: Listing, pattern: str | None) -> Listing:
    """Return the listing with groups taken from the paths.

    A picture whose path does not match stands alone; how many do is printed.

    Args:
        listing: of all files.
        pattern: a regular expression that is looked for in each path; the parenthesis
            that matches, or all of it where there is none, names the group. None leaves
            all as it is.

    Raises:
        InputError: it matches no path.
    """
    if pattern is None:
        return listing
    found = [re.search(pattern, row.path) for row in listing.rows]
    alone = [
        row.path for row, match in zip(listing.rows, found, strict=True) if not match
    ]
    if len(alone) == len(found):
        raise InputError(
            f"data.group_pattern: it must match the paths below data.root, got "
            f"{pattern!r}, which matches none of {listed(alone)}. Correct it."
        )
    if alone:
        print(
            f"note: data.group_pattern does not match {len(alone)} paths, which stand "
            f"alone: {listed(alone)}"
        )
    rows = [
        replace(row, given_group=(match[match.lastindex or 0] or "") if match else "")
        for row, match in zip(listing.rows, found, strict=True)
    ]
    return replace(listing, rows=rows)
