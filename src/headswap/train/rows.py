"""Which rows of the features do what in a round."""

from dataclasses import dataclass, replace

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import Split
from headswap.artifacts.features.cache import Features
from headswap.errors import InputError


@dataclass(frozen=True)
class Fold:
    """One fold of the training rows.

    Attributes:
        fit_rows: positions of the rows to fit to.
        held_rows: positions of the rows held out.
    """

    fit_rows: np.ndarray
    held_rows: np.ndarray


@dataclass(frozen=True)
class RoundRows:
    """Which feature rows do what in a round.

    Attributes:
        train: positions of the rows to fit to; a row may stand several times.
        validation: positions of the prepared rows that choices are made on.
        folds: the inner fold of every feature row; -1 where it does not train.
        images: the image of every feature row, its position in `index.csv`, int.
        is_prepared: whether a feature row is a prepared image, not an augmented one.
    """

    train: np.ndarray
    validation: np.ndarray
    folds: np.ndarray
    images: np.ndarray
    is_prepared: np.ndarray

    def among(self, is_labelled: np.ndarray) -> "RoundRows":
        """Return the rows of those that have a label.

        Args:
            is_labelled: (rows,) bool, over all feature rows.
        """
        return replace(
            self,
            train=self.train[is_labelled[self.train]],
            validation=self.validation[is_labelled[self.validation]],
        )

    def split_folds(self) -> list[Fold]:
        """Return the folds of the training rows.

        An image, its augmented versions and its group share a fold.

        Raises:
            InputError: there are fewer than two.
        """
        fold_of_row = self.folds[self.train]
        numbers = np.unique(fold_of_row)
        if len(numbers) < 2:
            raise InputError(
                "train: there must be two groups of training pictures, for two folds, "
                f"got {len(numbers)}. Add pictures, or set train.strategy=multi_output "
                "and train.merge=features."
            )
        return [
            Fold(
                self.train[fold_of_row != number],
                self.train[fold_of_row == number],
            )
            for number in numbers
        ]


def rows_of_rounds(features: Features, index: Index, split: Split) -> list[RoundRows]:
    """Return the rows of every round."""
    position = {image_id: row for row, image_id in enumerate(index.image_ids)}
    images = np.array([position[image_id] for image_id in features.image_ids])
    is_prepared = features.copies == 0
    rounds = []
    for number in range(split.num_rounds):
        times = split.times[number][images]
        is_validation = split.parts[number] == "validation"
        rounds.append(
            RoundRows(
                train=np.repeat(np.arange(len(times)), times),
                validation=np.flatnonzero(is_validation[images] & is_prepared),
                folds=split.folds[number][images],
                images=images,
                is_prepared=is_prepared,
            )
        )
    return rounds
