"""From a folder of labelled pictures to comparable figures and a usable model.

One folder a stage, and below them what several stages share. From low to high, each
room imports only from rooms before it: errors, registry, machine, layers, params,
pictures, pages, engines, statistics, solver, artifacts, check, prepare, split, augment,
features, inspect, train, evaluate, report, bundle, use, commands, cli.

No stage's folder imports another stage's: what one hands to the next is an artifact.
"""

from importlib import import_module
from typing import Any


def load(folder: str) -> Any:
    """Return a bundle, ready for pictures: `load("data/bundle").predict(paths)`.

    Args:
        folder: that the stage `bundle` made.

    Raises:
        InputError: it is no bundle, or a file of it was changed.
    """
    # By name: every stage imports this file, and would depend on all it names.
    return import_module("headswap.use.predict.predictor").Predictor(folder)
