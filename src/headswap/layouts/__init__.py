"""Ways a data set is kept: one file a layout, found by its name.

A layout module has `read(data) -> Listing`: it lists what the folder and its label
files say and opens no picture. Everything after it is the same for all layouts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from headswap.tasks import Kind


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled file.

    Attributes:
        path: relative to the root, with forward slashes.
        labels: the classes of each task, in the order of `Listing.kinds`; one where it
            is multiclass, any number where it is multilabel.
        given_part: train, validation or test where the data set says so, or "".
    """

    path: str
    labels: tuple[tuple[str, ...], ...]
    given_part: str = ""


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
    """

    root: Path
    rows: list[Row]
    kinds: Mapping[str, Kind]
    num_skipped: int = 0
    num_unlabelled: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)
