"""Ways to train several tasks on one backbone: one file a strategy, found by its name.

A strategy module has

- `fit(trainer, tasks) -> keras.Model`, for what is trained. `tasks` come in training
  order. The model goes from the trainer's inputs to {task name: probabilities}, so
  nothing after it asks which strategy it was. With one task every strategy is plain
  training.
- `CHAINED`, which is all that is left of a strategy where nothing but linear heads is
  fitted: whether a task's head takes what the heads of the tasks before it say.

Importing one imports no Keras.
"""
