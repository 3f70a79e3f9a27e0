"""Rounds: who is train, validation and test, and the inner folds of who trains.

A method only says which parts are fixed at the start of a round (`_fixed_parts`); what
is then lacking is drawn, always in the same way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import NO_FOLD, PARTS, UNUSED, Round
from headswap.artifacts.dataset.tasks import finest
from headswap.errors import InputError, listed, one_line
from headswap.params.split import Section
from headswap.split.combinations import Combinations, combine, shares, too_few
from headswap.split.drawing import draw
from headswap.split.fewer import trains_still

# What every class has that is large enough to be parted.
SMALL_SHARES = {"test": 0.2, "validation": 0.15}


@dataclass(frozen=True)
class Drawn:
    """One round, drawn.

    Attributes:
        parts: (N,) str.
        folds: (N,) int.
        facts: of the round.
    """

    parts: np.ndarray
    folds: np.ndarray
    facts: Round


class Dealer:
    """Deals the images of a data set.

    Args:
        index: of the N images.
        groups: of each image, (N,) str.
        options: the `split` section.
    """

    def __init__(self, index: Index, groups: np.ndarray, options: Section):
        self._finest = finest(index.tasks)
        self._combinations: Combinations = combine(index.tasks, index.cells)
        self._groups = groups
        self._options = options

    def rounds(self, given: np.ndarray, keeps: np.ndarray) -> Iterator[Drawn]:
        """Yield every round.

        Args:
            given: the part that each image keeps, (N,) str; "" where it is free.
            keeps: whether an image trains whatever is drawn, (N,) bool.
        """
        for number, (repeat, fixed) in enumerate(self._fixed_parts(given, keeps)):
            lacking = [part for part in ("test", "validation") if part not in fixed]
            # What a data set lacks is drawn from what it calls train.
            free = np.flatnonzero(np.isin(fixed, ["", "train"]) & ~keeps)
            sizes = {part: getattr(self._options, part) for part in lacking}
            if number == 0:
                self._require(free, sizes)
            parts = np.where(keeps, "train", fixed)
            parts[free], deviation = self._draw_parts(free, sizes, ["parts", number])
            parts = self._with_fewer(parts, number)
            folds = np.full(len(parts), NO_FOLD)
            trains = np.flatnonzero(parts == "train")
            if len(trains):
                num_folds = self._options.num_folds
                folds[trains] = self._draw_folds(trains, num_folds, ["folds", number])
            yield Drawn(parts, folds, self._facts(repeat, parts, deviation))

    def _require(self, rows: np.ndarray, sizes: Mapping[str, int | float]) -> None:
        """Raise where no class has what is asked for; say where some do not.

        Classes too small to be parted, whatever is asked for, are `rare`'s.
        """
        task, combinations = self._finest, self._combinations
        of_task = combinations.classes[:, combinations.columns[task.name]]
        counts = (
            np.bincount(combinations.of_row[rows], minlength=len(of_task)) @ of_task
        )
        is_parted = counts > len(sizes)
        is_short = too_few(combinations, rows, task, list(sizes.values())) & is_parted
        if not is_short.any():
            return
        asked = " and ".join(f"split.{part}={size}" for part, size in sizes.items())
        short = [
            f"{one_line(repr(task.class_names[number]))} ({counts[number]})"
            for number in np.flatnonzero(is_short)
        ]
        what = f"{len(short)} of {is_parted.sum()} classes of {task.name}"
        smaller = " and ".join(f"split.{part}={SMALL_SHARES[part]}" for part in sizes)
        remedy = f"Add images, or set fewer, such as {smaller}"
        if is_short.sum() == is_parted.sum():
            raise InputError(
                f"split: {asked} must leave an image of each class to train, got "
                f"{what} with too few images: {listed(short)}. {remedy}."
            )
        print(
            f"warning: {asked} is more than {what} have, beside an image that trains: "
            f"{listed(short)}; these are parted in the same proportion, and train with "
            f"one image. {remedy}."
        )

    def _fixed_parts(
        self, given: np.ndarray, keeps: np.ndarray
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (repeat, the part of each image or "" where it is drawn)."""
        free = np.flatnonzero((given == "") & ~keeps)
        for repeat in range(self._options.repeats):
            if self._options.method != "folds":
                yield repeat, given
                continue
            num_folds = self._options.num_folds
            folds = np.full(len(given), NO_FOLD)
            folds[free] = self._draw_folds(free, num_folds, ["tested", repeat])
            for fold in range(folds.max() + 1):
                yield repeat, np.where(folds == fold, "test", given)

    def _draw_parts(
        self, rows: np.ndarray, sizes: Mapping[str, int | float], seed: list[object]
    ) -> tuple[np.ndarray, float]:
        """Return the part of each row, (rows,) str, and the largest deviation."""
        chances = shares(self._combinations, rows, self._finest, list(sizes.values()))
        numbers = self._draw(rows, chances, seed)
        deviation = self._deviation(rows, chances, numbers)
        return np.array([*sizes, "train"], dtype="<U10")[numbers], deviation

    def _with_fewer(self, parts: np.ndarray, number: int) -> np.ndarray:
        """Return the parts with the share of training images that is asked for."""
        if self._options.images == 1:
            return parts
        trains = np.flatnonzero(parts == "train")
        names, group_of_row = np.unique(self._groups[trains], return_inverse=True)
        stays = trains_still(
            self._combinations.of_row[trains],
            self._combinations.classes,
            group_of_row,
            names.tolist(),
            self._options.images,
            [self._options.seed, "images", number],
        )
        parts = parts.copy()
        parts[trains[~stays[group_of_row]]] = UNUSED
        return parts

    def _draw_folds(
        self, rows: np.ndarray, num_folds: int, seed: list[object]
    ) -> np.ndarray:
        """Return the fold of each row, (rows,) int, as many as there are groups for."""
        num_folds = min(num_folds, len(np.unique(self._groups[rows])))
        chances = np.full((num_folds, len(self._combinations.names)), 1 / num_folds)
        return self._draw(rows, chances, seed)

    def _draw(
        self, rows: np.ndarray, chances: np.ndarray, seed: list[object]
    ) -> np.ndarray:
        names, group_of_row = np.unique(self._groups[rows], return_inverse=True)
        order = np.argsort(group_of_row, kind="stable")
        starts = np.cumsum(np.bincount(group_of_row))[:-1]
        members = np.split(rows[order], starts)
        seed = [self._options.seed, *seed]
        drawn = draw(members, names.tolist(), self._combinations, chances, seed)
        return drawn[group_of_row]

    def _deviation(
        self, rows: np.ndarray, chances: np.ndarray, numbers: np.ndarray
    ) -> float:
        """Return by how many images a class in a part is off at the most."""
        combinations = self._combinations.of_row[rows]
        classes = self._combinations.classes
        counts = np.zeros(chances.shape)
        np.add.at(counts, (numbers, combinations), 1)
        wanted = chances * np.bincount(combinations, minlength=chances.shape[1])
        return float(np.abs((counts - wanted) @ classes).max())

    def _facts(self, repeat: int, parts: np.ndarray, deviation: float) -> Round:
        return Round(
            repeat,
            {part: int((parts == part).sum()) for part in PARTS},
            {part: len(np.unique(self._groups[parts == part])) for part in PARTS},
            round(deviation, 3),
        )
