"""Learning curves: a bar while an epoch runs, and files when a fit has ended."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
from dvclive import Live

from headswap.machine.progress import progress


class Progress(keras.callbacks.Callback):
    """Shows a bar of the epochs.

    Args:
        name: of the fit.
        epochs: at most.
        done: before this process.
    """

    def __init__(self, name: str, epochs: int, done: int):
        super().__init__()
        self._name, self._epochs, self._done = name, epochs, done

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Open the bar."""
        self._bar = progress(
            what=f"train {self._name}", total=self._epochs, unit="epoch"
        )
        self._bar.update(self._done)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Move on by one epoch."""
        self._bar.set_postfix_str(
            f"validation loss {(logs or {})['val_loss']:.4f}", False
        )
        self._bar.update()

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Close the bar."""
        self._bar.close()


def write_curves(folder: Path, history: Sequence[Mapping[str, float]]) -> None:
    """Write the figures of each epoch with DVCLive.

    DVCLive's own Keras callback needs TensorFlow and renames every "val_"; and a run
    that continues has epochs to write that it did not see.
    """
    # DVCLive would otherwise write a dvc.yaml and record an experiment.
    with Live(str(folder), dvcyaml=None, save_dvc_exp=False, report=None) as live:
        for step, figures in enumerate(history):
            # `next_step` would read again, each time, all that is written.
            live.step = step
            for name, value in figures.items():
                # Each figure of training has a namesake of validation, with val_.
                metric = name.removeprefix("val_")
                is_validation = metric != name and metric in figures
                part = "validation" if is_validation else "train"
                metric = metric if is_validation else name
                live.log_metric(f"{part}/{metric}", value)
