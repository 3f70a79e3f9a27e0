"""`independent`: one model a task, the baseline any multi-task strategy has to beat."""

from collections.abc import Sequence

import keras

from headswap.artifacts.dataset.tasks import Task
from headswap.train.trainer import Trainer


def fit(trainer: Trainer, tasks: Sequence[Task]) -> keras.Model:
    """Return the separately fitted models side by side."""
    builder = trainer.builder
    inputs = builder.inputs()
    outputs = {}
    for task in tasks:
        trunk = builder.trunk(inputs, task.name)
        model = keras.Model(inputs, {task.name: builder.output(task, trunk)})
        trainer.fit(model, [task], task.name)
        outputs.update(model.output)
    return keras.Model(inputs, outputs)
