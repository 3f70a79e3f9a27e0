"""The `settings` and `runs` of runs.yaml -> every run's overrides of params.yaml.

A run is a list of entries: overrides, each exactly as `dvc exp run -S` takes it; names
of `settings`, whose overrides stand in their place; and at most one recipe, by its
path, which the overrides change as those of `headswap sweep` do. Guaranteed of what
`parse_runs` returns: names that git takes, and each parameter once a run.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headswap.errors import InputError
from headswap.use.overrides import parse_override
from headswap.use.recipe import apply_overrides, combinations, read_recipe
from results.faults import fault, take_list, take_mapping

Overrides = tuple[str, ...]

NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
OVERRIDE = re.compile(r"\w+(\.\w+)+=.+")
RECIPE = re.compile(r"recipes/\w+\.yaml")
# DVC would make several experiments of it.
SWEEP = re.compile(r"=[^\[{'\"].*,")


@dataclass(frozen=True)
class Run:
    """What to run.

    Attributes:
        overrides: all of them, those of the recipe too.
        recipe: its path from the folder that holds dvc.yaml, if there is one.
        entries: the overrides beside the recipe.
    """

    overrides: Overrides
    recipe: str | None
    entries: Overrides


def parse_runs(
    settings: Any, runs: Any, faults: list[str], root: Path = Path()
) -> dict[str, Run]:
    """Return each run, in the order they are listed.

    Args:
        settings: that section of runs.yaml, as read.
        runs: that section, as read.
        faults: where what is wrong is added.
        root: the folder that holds dvc.yaml.
    """
    shared = {
        name: _overrides(f"settings.{name}", entries, {}, faults)
        for name, entries in take_mapping("settings", settings, faults).items()
    }
    parsed = {}
    for name, entries in take_mapping("runs", runs, faults).items():
        if not NAME.fullmatch(name):
            faults.append(
                fault("runs", "named in a-z, 0-9 and _", name, "Rename the run")
            )
        parsed[name] = _run(f"runs.{name}", entries, shared, faults, root)
    return parsed


def _run(
    what: str,
    entries: Any,
    shared: Mapping[str, Overrides],
    faults: list[str],
    root: Path,
) -> Run:
    entries = take_list(what, entries, faults)
    recipes = [x for x in entries if isinstance(x, str) and RECIPE.fullmatch(x)]
    rest = [entry for entry in entries if entry not in recipes]
    overrides = _overrides(what, rest, shared, faults)
    if not recipes:
        return Run(overrides, None, overrides)
    if len(recipes) > 1:
        faults.append(fault(what, "made of one recipe", recipes, "Remove the others"))
    try:
        recipe = read_recipe(root / recipes[0])
        beside = [parse_override(override) for override in overrides]
    except InputError as error:
        faults += str(error).splitlines()
        return Run(overrides, recipes[0], overrides)
    grids = apply_overrides(recipe, beside)
    if sum(1 for grid in grids for _ in combinations(grid)) != 1:
        fix = "Set what the recipe sweeps"
        faults.append(fault(what, "one experiment", recipes[0], fix))
    names = [override.name for override in beside]
    kept = (x.text for x in grids[0].values() if x.name not in names)
    return Run((*overrides, *kept), recipes[0], overrides)


def _overrides(
    what: str, entries: Any, shared: Mapping[str, Overrides], faults: list[str]
) -> Overrides:
    overrides: list[str] = []
    for entry in take_list(what, entries, faults):
        if isinstance(entry, str) and entry in shared:
            overrides += shared[entry]
        elif isinstance(entry, str) and OVERRIDE.fullmatch(entry):
            overrides.append(entry)
            if SWEEP.search(entry):
                faults.append(fault(what, "of one value each", entry, "List two runs"))
        else:
            expected = "section.key=value"
            if shared:
                expected += f", recipes/NAME.yaml or one of {', '.join(shared)}"
            faults.append(fault(what, expected, entry, "Correct that entry"))
    keys = [parameter_of(override) for override in overrides]
    for key in dict.fromkeys(keys):
        if keys.count(key) > 1:
            faults.append(
                fault(what, "a list with each parameter once", key, "Set it once")
            )
    return tuple(overrides)


def parameter_of(override: str) -> str:
    """Return the dotted name of the parameter that an override sets."""
    return override.partition("=")[0]


def unknown_parameters(
    runs: Mapping[str, Overrides], params: Mapping[str, Any]
) -> list[str]:
    """Return a fault for each override of a parameter that params.yaml lacks.

    Args:
        runs: the overrides by run.
        params: params.yaml, as read.
    """
    expected = "overrides of parameters in params.yaml"
    return [
        fault(f"runs.{name}", expected, override, "Correct its name")
        for name, overrides in runs.items()
        for override in overrides
        if not _has(params, parameter_of(override).split("."))
    ]


def _has(params: Any, keys: Sequence[str]) -> bool:
    for key in keys:
        if not isinstance(params, dict) or key not in params:
            return False
        params = params[key]
    return True
