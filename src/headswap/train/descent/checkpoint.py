"""Checkpoints: an interrupted training run goes on where it stopped.

A finished epoch's whole state is kept (weights, optimiser, random state, early
stopping, figures so far), so the continued run ends with the same bits as one that
never stopped. Checkpoints lie in a folder that git and DVC ignore, under a name made of
parameters, inputs and code, and are deleted when the stage has succeeded.
"""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from zipfile import BadZipFile

import keras
import numpy as np

SECONDS_BETWEEN = 20.0


class Checkpoint(keras.callbacks.Callback):
    """Keeps the state of one fit, and restores it when the fit begins again.

    Args:
        folder: for this fit alone.
        stopping: the early stopping of the same fit; it must stand before this one in
            the list of callbacks.

    Attributes:
        history: figures of each epoch so far, before this process too.
    """

    def __init__(self, folder: Path, stopping: keras.callbacks.EarlyStopping):
        super().__init__()
        self.history: list[dict[str, float]] = []
        self._folder = folder
        self._stopping = stopping
        self._saved_at = time.monotonic()
        self._kept: dict[str, np.ndarray] = {}
        # A state that a power cut left incomplete is as good as none.
        with suppress(FileNotFoundError, BadZipFile, EOFError, ValueError, KeyError):
            with open(folder / "state.npz", "rb") as file, np.load(file) as kept:
                state = dict(kept)
            self.history = json.loads(str(state["history"]))
            self._kept = state

    @property
    def is_finished(self) -> bool:
        """Whether the fit had ended before this process began."""
        return bool(self._kept.get("finished", False))

    @property
    def was_stopping(self) -> bool:
        """Whether the last epoch had ended the fit, but its result was not kept."""
        return bool(self._kept.get("stopping", False))

    def restore_best_weights(self, model: keras.Model) -> None:
        """Give a model the weights of its best epoch, and keep them as the result."""
        # The random state first, for a later fit of the same layers draws on from it.
        self.restore_weights(model)
        model.set_weights(self._best_weights(model))
        self.set_model(model)
        self._save(is_finished=True)

    def restore_weights(self, model: keras.Model) -> None:
        """Give a model the variables it had, its random state too."""
        for number, variable in enumerate(model.variables):
            variable.assign(self._kept[f"model{number}"])

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Restore the state, where there is one."""
        if not self._kept:
            return
        self.restore_weights(self.model)
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)
        for number, variable in enumerate(optimizer.variables):
            variable.assign(self._kept[f"optimizer{number}"])
        # Until `min_epochs` have passed, no epoch is the best.
        if "best" in self._kept:
            self._stopping.wait = int(self._kept["wait"])
            self._stopping.best = float(self._kept["best"])
            self._stopping.best_epoch = int(self._kept["best_epoch"])
            self._stopping.best_weights = self._best_weights(self.model)
        self._kept = {}

    def _best_weights(self, model: keras.Model) -> list[np.ndarray]:
        return [self._kept[f"best{number}"] for number in range(len(model.weights))]

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Note the figures, and now and then the state."""
        self.history.append(
            {name: float(value) for name, value in (logs or {}).items()}
        )
        if time.monotonic() - self._saved_at >= SECONDS_BETWEEN:
            self._save(is_finished=False)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Keep the result, so that a later fit's interruption does not cost it."""
        self._save(is_finished=True)

    def _save(self, is_finished: bool) -> None:
        state = {f"model{i}": np.asarray(v) for i, v in enumerate(self.model.variables)}
        if not is_finished:
            stopping = self._stopping
            state |= {
                f"optimizer{i}": np.asarray(v)
                for i, v in enumerate(self.model.optimizer.variables)
            }
            state["stopping"] = np.array(self.model.stop_training)
            if stopping.best_weights is not None:
                state |= {f"best{i}": w for i, w in enumerate(stopping.best_weights)}
                state |= {
                    "wait": np.array(stopping.wait),
                    "best": np.array(stopping.best),
                    "best_epoch": np.array(stopping.best_epoch),
                }
        state |= {
            "finished": np.array(is_finished),
            "history": np.array(json.dumps(self.history)),
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        # By process, for a killed run may still be writing beside its successor.
        unfinished = self._folder / f"unfinished-{os.getpid()}.npz"
        np.savez(unfinished, allow_pickle=False, **state)
        unfinished.replace(self._folder / "state.npz")
        self._saved_at = time.monotonic()
