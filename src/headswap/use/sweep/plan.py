"""A recipe, overrides and questions -> experiments, each with a name of its own.

Guaranteed: the parameters of all are valid; no two would do the same; and a name says
the same experiment in every call, so that what has been run is known again.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from headswap import params
from headswap.errors import InputError, raise_faults
from headswap.params.train import UNORDERED
from headswap.use.overrides import Override, make_override, merge, parse_override
from headswap.use.recipe import (
    NOTHING,
    Grid,
    apply_overrides,
    combinations,
    read_recipe,
)
from headswap.use.telling import telling

_LONGEST_NAME = 80
ORDER = "train.order"


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Attributes:
        name: of what it has of its own, and a hash of all it depends on.
        overrides: as `dvc exp run -S` takes them.
        sections: params.yaml as it will be.
    """

    name: str
    overrides: tuple[str, ...]
    sections: dict[str, Any]


def plan(
    recipe: str | None, overrides: Sequence[str], asked: Sequence[Grid] = ({},)
) -> list[Grid]:
    """Return what is to be run, its parameters checked.

    Args:
        recipe: path of a recipe; None runs the overrides alone.
        overrides: as `dvc exp run -S` takes them.
        asked: grids of which each is combined with all else.

    Raises:
        InputError: with every fault of the recipe, the overrides or the parameters.
    """
    read, faults = NOTHING, []
    parsed: list[Override] = []
    if recipe is not None:
        try:
            read = read_recipe(recipe)
        except InputError as error:
            faults += str(error).splitlines()
    for text in overrides:
        try:
            parsed.append(parse_override(text))
        except InputError as error:
            faults.append(str(error))
    raise_faults(faults)
    grids = [
        {**grid, **more} for grid in apply_overrides(read, parsed) for more in asked
    ]
    _check(grids, f"{params.PARAMS_FILE} with {recipe or 'what is set here'}")
    return grids


def _check(grids: Sequence[Grid], where: str) -> None:
    defaults = params.load()
    faults: dict[str, None] = {}
    for grid in grids:
        for settings in combinations(grid):
            try:
                params.check(merge(defaults, settings), where)
            except InputError as error:
                faults.update(dict.fromkeys(str(error).splitlines()))
    raise_faults(list(faults))


def expand(
    grids: Sequence[Grid],
    code: str,
    of_pictures: Callable[[str], str],
    of_inputs: Callable[[Mapping[str, Any]], str],
) -> tuple[list[Experiment], int]:
    """Return the experiments of grids, and how many combinations were left out.

    Left out is what would do the same as another: a strategy that trains all tasks
    alike runs once, whatever the order.

    Args:
        grids: as `plan` gives them.
        code: a text that differs where code does.
        of_pictures: gives a text that differs where those of a folder do.
        of_inputs: gives a text that differs where, under checked sections, anything
            does that results depend on and git does not see.
    """
    defaults = params.load()
    found: dict[str, tuple[tuple[tuple[str, Any], ...], Grid]] = {}
    pictures: dict[str, str] = {}
    num_combinations = 0
    for grid in grids:
        for settings in combinations(grid):
            num_combinations += 1
            sections = merge(defaults, settings)
            root = sections["data"]["root"]
            if root not in pictures:
                pictures[root] = of_pictures(root)
            inputs = of_inputs(params.check(sections))
            identity = _identity(sections) + pictures[root] + inputs
            found.setdefault(identity, (settings, grid))
    own, _ = telling(
        [
            {name: json.dumps(value) for name, value in settings}
            for settings, _ in found.values()
        ]
    )
    experiments = [
        Experiment(
            _name([(name, value) for name, value in settings if name in own], key),
            tuple(_text(grid[name], value) for name, value in settings),
            merge(defaults, settings),
        )
        for identity, (settings, grid) in found.items()
        for key in [sha256(f"{code}{identity}".encode()).hexdigest()[:6]]
    ]
    return experiments, num_combinations - len(experiments)


def _identity(sections: dict[str, Any]) -> str:
    """Return a text that is the same where two experiments would do the same."""
    train = sections["train"]
    if train["strategy"] in UNORDERED:
        sections = {**sections, "train": {**train, "order": None}}
    return json.dumps(sections, sort_keys=True, default=str)


def _name(own: Sequence[tuple[str, Any]], key: str) -> str:
    values = {name: value for name, value in own if value != []}
    if values.get("train.strategy") in UNORDERED:
        values.pop(ORDER, None)
    words = []
    for name, value in values.items():
        text = re.sub(r"[^A-Za-z0-9_]+", "-", str(value)).strip("-")
        # A number says nothing without the name of its parameter.
        start = "" if isinstance(value, str) else f"{name.rpartition('.')[2]}_"
        words.append(f"{start}{text}")
    shown = "-".join(words)[:_LONGEST_NAME].strip("-")
    return f"{shown or 'run'}-{key}"


def _text(override: Override, value: Any) -> str:
    if len(override.values) == 1:
        return override.text
    return make_override(override.name, [value]).text
