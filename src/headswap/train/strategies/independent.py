"""`independent`: one model a task, the baseline any multi-task strategy has to beat."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from headswap.artifacts.dataset.tasks import Task

if TYPE_CHECKING:
    import keras

    from headswap.train.descent.trainer import Trainer

CHAINED = False


def fit(trainer: "Trainer", tasks: Sequence[Task]) -> "keras.Model":
    """Return the separately fitted models side by side."""
    builder = trainer.builder
    inputs = builder.inputs()
    outputs = {}
    for task in tasks:
        trunk = builder.trunk(inputs, task.name)
        model = builder.model(inputs, {task.name: builder.output(task, trunk)})
        trainer.fit(model, [task], task.name)
        outputs.update(model.output)
    return builder.model(inputs, outputs)
