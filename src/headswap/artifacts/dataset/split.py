"""The split folder: `split.csv` and `rounds.json`.

`split.csv` has one row an image and round: the image's group, its part, the inner fold
of a training image, and how often it stands among the training rows. `rounds.json`
holds what there is to know of each round as a whole.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from headswap.artifacts.storage.numbers import integers
from headswap.artifacts.storage.tables import (
    PathLike,
    read_table,
    write_table,
)

PARTS = ("train", "validation", "test")
UNUSED = "unused"
# The fold of an image that does not train.
NO_FOLD = -1
# Of `split.csv`; the other columns say whose row it is, which their order does too.
_READ = ("group", "part", "fold", "times")


@dataclass(frozen=True)
class Round:
    """One assignment of the images to train, validation and test.

    Attributes:
        repeat: rounds of one repeat test each image at most once.
        images: by part.
        groups: by part; they, not images, are what chance has dealt.
        largest_deviation: how far a class is from the images asked for in a part.
    """

    repeat: int
    images: dict[str, int]
    groups: dict[str, int]
    largest_deviation: float


@dataclass(frozen=True)
class Split:
    """Who is train, validation and test; column i is row i of `index.csv`.

    Attributes:
        groups: (N,) str; images of one group are never in two parts or folds.
        parts: (rounds, N) str: train, validation, test, or unused.
        folds: (rounds, N) int: 0 and up for training images, -1 for all others.
        times: (rounds, N) int: how often the image stands among the training rows; 0
            where it does not train.
        rounds: facts of each round.
    """

    groups: np.ndarray
    parts: np.ndarray
    folds: np.ndarray
    times: np.ndarray
    rounds: tuple[Round, ...]

    @property
    def num_rounds(self) -> int:
        """The number of assignments."""
        return len(self.parts)

    @property
    def has_one_test_part(self) -> bool:
        """Whether the same images are tested in every round."""
        is_test = self.parts == "test"
        return bool((is_test == is_test[0]).all())


def write_split(folder: PathLike, image_ids: list[str], split: Split) -> None:
    """Write the split folder.

    Args:
        folder: to write.
        image_ids: of the N images.
        split: of those images.
    """
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    write_table(
        path / "split.csv",
        ["image_id", "group", "round", "part", "fold", "times"],
        (
            (image_id, group, number, *cells)
            for number in range(split.num_rounds)
            for image_id, group, *cells in zip(
                image_ids,
                split.groups,
                split.parts[number],
                split.folds[number],
                split.times[number],
                strict=True,
            )
        ),
    )
    facts = {
        "has_one_test_part": split.has_one_test_part,
        "rounds": [asdict(made) for made in split.rounds],
    }
    text = json.dumps(facts, indent=2)
    (path / "rounds.json").write_text(text + "\n", encoding="utf-8")


def read_split(folder: PathLike) -> Split:
    """Return what the split folder says."""
    path = Path(folder)
    facts = json.loads((path / "rounds.json").read_text(encoding="utf-8"))
    rounds = tuple(Round(**made) for made in facts["rounds"])
    table = read_table(path / "split.csv", lambda name: name in _READ)
    shape = (len(rounds), -1)
    num_images = len(table["group"]) // len(rounds)
    return Split(
        np.array(table["group"][:num_images]),
        np.array(table["part"]).reshape(shape),
        integers(table["fold"]).reshape(shape),
        integers(table["times"]).reshape(shape),
        rounds,
    )
