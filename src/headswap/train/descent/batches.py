"""Batches of cached features, in an order that only a seed and the epoch decide."""

from collections.abc import Mapping

import keras
import numpy as np

from headswap.artifacts.dataset.targets import AnyTargets
from headswap.artifacts.storage.arrays import Rows


def _widen(values: np.ndarray) -> np.ndarray:
    """Return features cached in 16 bits as float32; whole pixels stay as they are."""
    return values.astype(np.float32) if values.dtype == np.float16 else values


class Batches(keras.utils.PyDataset):
    """Batches of cached features and targets, read from the memory map when needed.

    Args:
        inputs: arrays or `Rows` by input name; all have the same rows.
        targets: (rows, num_classes) float32 by task name.
        rows: positions of the rows to go through, int.
        batch_size: rows a batch.
        seed: shuffles anew each epoch; None keeps the order.
        weights: (rows,) float32 by task name, how much each row counts; without any,
            all count alike.
    """

    def __init__(
        self,
        inputs: Mapping[str, Rows | np.ndarray],
        targets: Mapping[str, AnyTargets],
        rows: np.ndarray,
        batch_size: int,
        seed: int | None = None,
        weights: Mapping[str, np.ndarray] | None = None,
    ):
        # Rows come from memory or a memory map, faster than a worker's queue.
        super().__init__(workers=0, max_queue_size=0)
        self._inputs = inputs
        self._targets = targets
        self._weights = weights
        self._rows = rows
        self._batch_size = batch_size
        self._seed = seed
        self.start_epoch(0)

    def __len__(self) -> int:
        return -(-len(self._rows) // self._batch_size)

    def __getitem__(self, number: int) -> tuple[dict, ...]:
        """Return (inputs, targets) of one batch, and weights where there are any."""
        start = number * self._batch_size
        rows = self._order[start : start + self._batch_size]
        inputs = {name: values[rows] for name, values in self._inputs.items()}
        targets = {name: values[rows] for name, values in self._targets.items()}
        inputs = {name: _widen(values) for name, values in inputs.items()}
        if not self._weights:
            return inputs, targets
        weights = {name: values[rows] for name, values in self._weights.items()}
        return inputs, targets, weights

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self.start_epoch(self._epoch + 1)

    def start_epoch(self, epoch: int) -> None:
        """Draw the order of an epoch, which depends on the seed and its number only."""
        self._epoch = epoch
        if self._seed is None:
            self._order = self._rows
        else:
            random = np.random.default_rng([self._seed, epoch])
            self._order = random.permutation(self._rows)
