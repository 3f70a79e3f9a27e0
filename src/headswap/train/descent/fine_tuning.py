"""Fine-tuning pretrained layers above the cut: the heads first, then everything.

Source: Kumar et al. 2022, "Fine-tuning can distort pretrained features and underperform
out-of-distribution" (https://arxiv.org/abs/2202.10054); Keras's guide "Transfer
learning & fine-tuning". The learning rate warms up over the first epoch and falls along
half a cosine: Loshchilov and Hutter 2017 (https://arxiv.org/abs/1608.03983).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import keras
import numpy as np

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.arrays import Rows, create_rows, write_rows
from headswap.machine.progress import progress
from headswap.train.descent.fitting import Arrays, Fitter, Schedule

Vectors = Mapping[str, keras.KerasTensor]


class Heads(Protocol):
    """Fits the heads of a model alone, to what its pretrained layers give."""

    are_solved: bool

    def fit(self, heads: keras.Model, arrays: Arrays) -> float:
        """Fit them as well as can be; return their validation loss."""

    def soften(self, arrays: Arrays) -> None:
        """Give solved heads less certain weights, from which all can be trained."""


def fine_tune(
    fitter: Fitter,
    model: keras.Model,
    vectors: Vectors,
    tasks: Sequence[Task],
    name: str,
    rows: np.ndarray,
    arrays: Arrays,
    heads: Heads,
    schedule: Schedule,
) -> int:
    """Fit a model with pretrained layers in phases; the best one's weights are kept.

    Pretrained layers are left alone at first: what they give is computed once, and the
    heads are fitted to it. Then everything trains together; heads that are still random
    would spoil pretrained layers with their gradients, and those that fit the training
    pictures exactly would leave nothing to learn. Solved heads are solved again in the
    end. What counts is the validation loss.

    Args:
        fitter: does the fit of everything.
        model: from inputs by name to {task name: probabilities}.
        vectors: what its pretrained layers give, by the name of the input they come
            from.
        tasks: the model's tasks.
        name: of the fit.
        rows: positions of the rows to fit to.
        arrays: inputs by name, over all feature rows.
        heads: fits them.
        schedule: of the fit of everything.

    Returns:
        which fit of the heads the kept ones come from, 0 or 1.
    """
    above = _replace_inputs(model, vectors)
    fitter.checkpoints.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=fitter.checkpoints) as folder:
        computed = _compute(fitter, model, vectors, Path(folder), rows, arrays)
        losses = {"the heads alone": heads.fit(above, {**arrays, **computed})}
        if len(above.trainable_variables) == len(model.trainable_variables):
            return (
                0  # Nothing above the cut trains: frozen by a strategy, or no weights.
            )
        weights = [model.get_weights()]
        if heads.are_solved:
            heads.soften({**arrays, **computed})
    losses["everything"] = fitter.fit(model, tasks, name, rows, arrays, schedule)
    weights.append(model.get_weights())
    if heads.are_solved:
        with TemporaryDirectory(dir=fitter.checkpoints) as folder:
            computed = _compute(fitter, model, vectors, Path(folder), rows, arrays)
            losses["the heads again"] = heads.fit(above, {**arrays, **computed})
        weights.append(model.get_weights())
    best = min(losses, key=losses.__getitem__)
    model.set_weights(weights[list(losses).index(best)])
    if fitter.is_first_round:
        found = ", ".join(f"{phase} {loss:.4f}" for phase, loss in losses.items())
        print(f"{name}: validation loss after {found}; kept is {best}")
    return int(best == "the heads again")


def _compute(
    fitter: Fitter,
    model: keras.Model,
    vectors: Vectors,
    folder: Path,
    rows: np.ndarray,
    arrays: Arrays,
) -> dict[str, Rows]:
    """Return what tensors of a model are on the rows it is fitted to.

    They lie on disk, in the place of the inputs they are computed from; all other rows
    are zero.
    """
    needed = np.union1d(rows, fitter.validation_rows)
    size = fitter.options.batch_size
    computed = {}
    for input_name, vector in vectors.items():
        above = keras.Model({input_name: model.input[input_name]}, vector)
        file = folder / input_name
        num_rows = len(arrays[input_name])
        create_rows(file, (num_rows, *vector.shape[1:]), "float32")
        parts = np.split(needed, range(size, len(needed), size))
        for part in progress(
            parts, what="vectors of unfrozen layers", total=len(parts), unit="batch"
        ):
            batch, _ = fitter.batches(above, part, (), arrays)[0]
            write_rows(file, part, np.asarray(above.predict_on_batch(batch)))
        computed[input_name] = Rows([file])
    return computed


def _replace_inputs(
    model: keras.Model, tensors: Mapping[str, keras.KerasTensor]
) -> keras.Model:
    """Return the part of a model above some of its tensors; it shares the weights.

    Keras numbers the model's inputs anew for it: to call the model itself in a larger
    one, make it again from its input and output.

    Args:
        model: with inputs by name.
        tensors: by the name of the input whose place each takes.
    """
    starts = {name: tensors.get(name, model.input[name]) for name in model.input}
    part = keras.Model(list(starts.values()), model.output)
    # Keras wants inputs that have the names they are given by.
    inputs = {
        name: keras.Input(start.shape[1:], dtype=start.dtype, name=name)
        for name, start in starts.items()
    }
    return keras.Model(inputs, part(list(inputs.values())))
