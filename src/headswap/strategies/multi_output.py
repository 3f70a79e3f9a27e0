"""`multi_output`: one trunk, one output layer a task, all trained at once."""

from collections.abc import Sequence

import keras

from headswap.fitting import Trainer
from headswap.tasks import Task


def fit(trainer: Trainer, tasks: Sequence[Task]) -> keras.Model:
    """Return the model fitted to the sum of the tasks' losses."""
    inputs = trainer.inputs()
    trunk = trainer.trunk(inputs, "shared")
    model = keras.Model(
        inputs, {task.name: trainer.output(task, trunk) for task in tasks}
    )
    trainer.fit(model, tasks, "multi_output")
    return model
