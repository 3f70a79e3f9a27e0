"""`multi_output`: one trunk, one output layer a task, all trained at once."""

from collections.abc import Sequence

import keras

from headswap.artifacts.dataset.tasks import Task
from headswap.train.trainer import Trainer


def fit(trainer: Trainer, tasks: Sequence[Task]) -> keras.Model:
    """Return the model fitted to the sum of the tasks' losses."""
    builder = trainer.builder
    inputs = builder.inputs()
    trunk = builder.trunk(inputs, "shared")
    model = keras.Model(
        inputs, {task.name: builder.output(task, trunk) for task in tasks}
    )
    trainer.fit(model, tasks, "multi_output")
    return model
