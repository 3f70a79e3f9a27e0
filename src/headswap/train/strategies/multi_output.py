"""`multi_output`: one trunk, one output layer a task, all trained at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from headswap.artifacts.dataset.tasks import Task

if TYPE_CHECKING:
    import keras

    from headswap.train.descent.trainer import Trainer

CHAINED = False


def fit(trainer: "Trainer", tasks: Sequence[Task]) -> "keras.Model":
    """Return the model fitted to the sum of the tasks' losses."""
    builder = trainer.builder
    inputs = builder.inputs()
    trunk = builder.trunk(inputs, "shared")
    model = builder.model(
        inputs, {task.name: builder.output(task, trunk) for task in tasks}
    )
    trainer.fit(model, tasks, "multi_output")
    return model
