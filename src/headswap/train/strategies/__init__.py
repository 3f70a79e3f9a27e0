"""Ways to train several tasks on one backbone: one file a strategy, found by its name.

A strategy module has `fit(trainer, tasks) -> keras.Model`. `tasks` come in training
order. The model goes from the trainer's inputs to {task name: probabilities}, so
nothing after it asks which strategy it was. With one task every strategy is plain
training.
"""
