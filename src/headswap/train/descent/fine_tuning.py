"""Fine-tuning pretrained layers above the cut: the heads first, then everything.

Source: Kumar et al. 2022, "Fine-tuning can distort pretrained features and underperform
out-of-distribution" (https://arxiv.org/abs/2202.10054); Keras's guide "Transfer
learning & fine-tuning".
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.arrays import Rows, create_rows, write_rows
from headswap.machine.progress import progress
from headswap.train.descent.fitting import Arrays, Fitter

Vectors = Mapping[str, keras.KerasTensor]
# Fits the heads of a model alone, to arrays by input name, and returns their
# validation loss.
FitHeads = Callable[[keras.Model, Arrays], float]


def fine_tune(
    fitter: Fitter,
    model: keras.Model,
    vectors: Vectors,
    tasks: Sequence[Task],
    name: str,
    rows: np.ndarray,
    arrays: Arrays,
    fit_heads: FitHeads,
    learning_rate: float,
) -> None:
    """Fit a model with pretrained layers in two phases.

    Pretrained layers are left alone at first: what they give is computed once, and the
    rest is fitted to it as if they were frozen. Then everything trains together; where
    that ends with a higher validation loss, it is undone. Heads that are still random
    would spoil pretrained layers with their gradients.

    Args:
        fitter: does the second fit.
        model: from inputs by name to {task name: probabilities}.
        vectors: what its pretrained layers give, by the name of the input they come
            from.
        tasks: the model's tasks.
        name: of the fit.
        rows: positions of the rows to fit to.
        arrays: inputs by name, over all feature rows.
        fit_heads: does the first.
        learning_rate: of the second phase.
    """
    heads = _replace_inputs(model, vectors)
    fitter.checkpoints.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=fitter.checkpoints) as folder:
        computed = _compute(fitter, model, vectors, Path(folder), rows, arrays)
        heads_loss = fit_heads(heads, {**arrays, **computed})
    if len(heads.trainable_variables) == len(model.trainable_variables):
        return  # Nothing above the cut trains: frozen by a strategy, or no weights.
    start = model.get_weights()
    loss = fitter.fit(model, tasks, name, rows, arrays, learning_rate)
    if loss >= heads_loss:
        model.set_weights(start)
        print(
            f"{name}: fine-tuning is undone, its validation loss {loss:.4f} is not "
            f"below the heads' own {heads_loss:.4f}"
        )


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
        file = folder / f"{input_name}.npy"
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
