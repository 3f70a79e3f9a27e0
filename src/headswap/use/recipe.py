"""Recipes: files with overrides of params.yaml, nested as there, and what to sweep.

A recipe has the sections of params.yaml with the keys it sets. Its section `sweep`, if
there is one, gives a list of values to each dotted name; all their combinations are
run. A list of such mappings runs the combinations of each:

    train:
      hidden: [256]
    sweep:
      - train.strategy: [sequential, cascade]
        train.order: [finest_first, coarsest_first]
      - train.strategy: [multi_output]
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from headswap import params
from headswap.errors import raise_faults
from headswap.use.overrides import NAME, Override, make_override

SWEEP = "sweep"
# Overrides by their names: all combinations of their values.
Grid = dict[str, Override]


@dataclass(frozen=True)
class Recipe:
    """What a recipe says.

    Attributes:
        settings: one value each.
        grids: what is swept, or one empty grid.
    """

    settings: Grid
    grids: tuple[Grid, ...]


NOTHING = Recipe({}, ({},))


def read_recipe(path: str | Path) -> Recipe:
    """Return what a recipe says; whether its parameters exist is not looked at.

    Raises:
        InputError: it cannot be read, or with all faults of its form.
    """
    sections = params.load(path)
    faults: list[str] = []
    swept = sections.pop(SWEEP, None)
    settings = {
        name: make_override(name, [value]) for name, value in _leaves("", sections)
    }
    faults += [
        f"{path}: {name} must be a section with parameters, named by letters, digits "
        f"and _, got {override.values[0]!r}. Indent parameters below it."
        for name, override in settings.items()
        if not NAME.fullmatch(name)
    ]
    grids = [{}] if swept is None else swept if isinstance(swept, list) else [swept]
    parsed = tuple(_grid(path, grid, faults) for grid in grids)
    raise_faults(faults)
    return Recipe(settings, parsed or ({},))


def _leaves(prefix: str, mapping: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in mapping.items():
        if isinstance(value, dict):
            yield from _leaves(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", value


def _grid(path: str | Path, grid: Any, faults: list[str]) -> Grid:
    if not isinstance(grid, dict):
        faults.append(
            f"{path}: {SWEEP} must be a mapping of parameters to lists of values, or a "
            f"list of such mappings, got {grid!r}. Write `train.l2: [0.1, 0.2]`."
        )
        return {}
    parsed = {}
    for name, values in grid.items():
        if isinstance(values, list) and values and NAME.fullmatch(str(name)):
            parsed[name] = make_override(name, values)
        else:
            faults.append(
                f"{path}: {SWEEP}.{name} must be a dotted parameter with a list of "
                f"values, got {values!r}. Write `train.l2: [0.1, 0.2]`."
            )
    return parsed


def apply_overrides(recipe: Recipe, overrides: Sequence[Override]) -> list[Grid]:
    """Return what is to be run: the recipe, changed by overrides.

    Of a parameter that the recipe sweeps, an override picks the values it names, and
    with them the grids that have them. A value that is nowhere there, and any other
    parameter, is set in all grids.
    """
    grids = list(recipe.grids)
    for override in overrides:
        picked = [_pick(grid, override) for grid in grids]
        found = [value for grid, values in picked if grid for value in values]
        if all(value in found for value in override.values):
            grids = [grid for grid, values in picked if values]
        else:
            changed = [{**grid, override.name: override} for grid in grids]
            grids = [x for n, x in enumerate(changed) if x not in changed[:n]]
    return [{**recipe.settings, **grid} for grid in grids]


def _pick(grid: Grid, override: Override) -> tuple[Grid, list[Any]]:
    """Return a grid with those of its values that an override names, and these."""
    swept = grid[override.name].values if override.name in grid else ()
    values = [value for value in swept if value in override.values]
    return {**grid, override.name: make_override(override.name, values)}, values


def combinations(grid: Grid) -> Iterator[tuple[tuple[str, Any], ...]]:
    """Yield the settings of each experiment of a grid: dotted names and values."""
    for values in product(*(override.values for override in grid.values())):
        yield tuple(zip(grid, values, strict=True))
