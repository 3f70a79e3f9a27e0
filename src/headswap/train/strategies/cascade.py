"""`cascade`: each task's probabilities are extra features for the tasks after it.

A later task is trained on *predicted* probabilities, as it will meet in use, never on
true labels. Predictions for rows a model was fitted to are over-confident, so training
rows get out-of-fold predictions (stacking).

Source: Wolpert 1992, "Stacked generalization", Neural Networks 5(2).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from headswap.artifacts.dataset.tasks import Task

if TYPE_CHECKING:
    import keras

    from headswap.train.descent.trainer import Trainer

CHAINED = True


def fit(trainer: "Trainer", tasks: Sequence[Task]) -> "keras.Model":
    """Return the chain of models as one model."""
    builder = trainer.builder
    inputs = builder.inputs()
    outputs: dict[str, Any] = {}
    probabilities: dict[str, np.ndarray] = {}
    for task, is_last in zip(tasks, [False] * (len(tasks) - 1) + [True], strict=True):
        earlier = [done for done in tasks if done.name in outputs]
        model = _build(trainer, task, earlier)
        trainer.fit(model, [task], task.name, extra=probabilities)
        if not is_last:
            predicted = _predict_unseen(trainer, model, task, earlier, probabilities)
            probabilities[builder.probabilities_name(task)] = predicted
            trainer.unseen[task.name] = predicted
        chained = {
            builder.probabilities_name(done): outputs[done.name] for done in earlier
        }
        # Made again, as fitting asks of a model that is to be called.
        link = builder.model(model.input, model.output, name=model.name)
        outputs.update(link({**inputs, **chained}))
    return builder.model(inputs, outputs)


def _build(trainer: "Trainer", task: Task, earlier: Sequence[Task]) -> "keras.Model":
    builder = trainer.builder
    inputs = builder.inputs()
    extra = {
        builder.probabilities_name(done): builder.probabilities_input(done)
        for done in earlier
    }
    trunk = builder.trunk(inputs, task.name, extra.values())
    return builder.model(
        {**inputs, **extra},
        {task.name: builder.output(task, trunk)},
        name=f"{task.name}-model",
    )


def _predict_unseen(
    trainer: "Trainer",
    model: "keras.Model",
    task: Task,
    earlier: Sequence[Task],
    probabilities: dict[str, np.ndarray],
) -> np.ndarray:
    """Return (rows, num_classes) predictions by models that did not see the row."""
    predicted = np.zeros((len(trainer.rows.folds), task.num_classes), np.float32)
    for number, fold in enumerate(trainer.rows.split_folds()):
        fold_model = _build(trainer, task, earlier)
        name = f"{task.name}-fold{number}"
        trainer.fit(fold_model, [task], name, rows=fold.fit_rows, extra=probabilities)
        predicted[fold.held_rows] = trainer.predict(
            fold_model, fold.held_rows, probabilities
        )[task.name]
    validation_rows = trainer.rows.validation
    predicted[validation_rows] = trainer.predict(model, validation_rows, probabilities)[
        task.name
    ]
    return predicted
