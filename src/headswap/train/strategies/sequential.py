"""`sequential`: train the first task, then swap the output layer for the next one.

With `train.freeze_trunk` the trunk stays as the first task left it and each later task
trains its output layer alone; without, each task trains on from the trunk before it and
keeps its own snapshot.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from headswap.artifacts.dataset.tasks import Task

if TYPE_CHECKING:
    import keras

    from headswap.train.descent.builder import Builder
    from headswap.train.descent.trainer import Trainer

CHAINED = False


def fit(trainer: "Trainer", tasks: Sequence[Task]) -> "keras.Model":
    """Return the model in which each task built on the one before."""
    builder = trainer.builder
    inputs = builder.inputs()
    outputs = {}
    trunk = None
    for task in tasks:
        if trunk is None or not trainer.options.freeze_trunk:
            trunk = _next_trunk(builder, inputs, f"{task.name}-trunk", trunk)
        output = builder.output(task, trunk.outputs)
        model = builder.model(inputs, {task.name: output})
        trainer.fit(model, [task], task.name)
        outputs.update(model.output)
        trunk.trainable = not trainer.options.freeze_trunk
    return builder.model(inputs, outputs)


def _next_trunk(
    builder: "Builder",
    inputs: "dict[str, keras.KerasTensor]",
    name: str,
    previous: "keras.Model | None",
) -> "keras.Model":
    trunk = builder.model(inputs, builder.trunk(inputs, name))
    if previous is not None:
        trunk.set_weights(previous.get_weights())
    return trunk
