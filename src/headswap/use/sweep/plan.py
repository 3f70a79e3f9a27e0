"""A recipe and overrides -> experiments of DVC.

Guaranteed: no experiment is started or queued unless the parameters of all are valid.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path

from headswap import params
from headswap.errors import InputError, raise_faults
from headswap.use import dvc
from headswap.use.overrides import Override, merge, parse_override
from headswap.use.recipe import (
    NOTHING,
    Grid,
    apply_overrides,
    combinations,
    read_recipe,
)

RUN = ("dvc", "exp", "run")


def plan(recipe: str | None, overrides: Sequence[str]) -> list[Grid]:
    """Return what is to be run, its parameters checked.

    Args:
        recipe: path of a recipe; None runs the overrides alone.
        overrides: as `dvc exp run -S` takes them.

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
    grids = apply_overrides(read, parsed)
    _check(grids, f"{params.PARAMS_FILE} with {recipe or '-S'}")
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


def commands(grids: Sequence[Grid], is_queued: bool) -> list[tuple[str, ...]]:
    """Return the commands that run grids: DVC itself makes the combinations.

    Args:
        grids: as `plan` gives them.
        is_queued: put even a single experiment into the queue.
    """
    start = (*RUN, "--queue") if is_queued else RUN
    return [
        (*start, *(part for x in grid.values() for part in ("-S", x.text)))
        for grid in grids
    ]


def sweep(
    recipe: str | None,
    overrides: Sequence[str],
    jobs: int | None = None,
    is_only_queued: bool = False,
    is_dry: bool = False,
) -> None:
    """Run a recipe: a single experiment here, several by way of DVC's queue.

    Args:
        recipe: path of a recipe; None runs the overrides alone.
        overrides: as `dvc exp run -S` takes them.
        jobs: how many at a time; None is 1, and runs a single experiment here.
        is_only_queued: do not start what is queued.
        is_dry: only print the commands.

    Raises:
        InputError: something has to be mended before anything can run, or DVC refuses.
    """
    grids = plan(recipe, overrides)
    num_experiments = sum(1 for grid in grids for _ in combinations(grid))
    is_queued = is_only_queued or jobs is not None or num_experiments > 1
    to_run = commands(grids, is_queued)
    if is_queued and not is_only_queued:
        to_run.append(("dvc", "queue", "start", "-j", str(jobs or 1)))
    for command in to_run:
        if is_dry:
            print(_written(command))
        elif is_queued:
            print(dvc.demand(Path(), *command), end="", flush=True)
        elif status := dvc.show(Path(), *command):
            raise InputError(
                f"`{shlex.join(RUN)}`: the run must succeed, got exit status {status}. "
                "See above."
            )
    if is_queued and not is_dry:
        print(
            f"{num_experiments} experiments. `dvc queue status` says how far they are, "
            "`dvc exp show` what they gave."
        )


def _written(command: Sequence[str]) -> str:
    """Return a command for a shell."""
    flags = [n for n, word in enumerate(command) if word == "-S"]
    start = command[: flags[0]] if flags else command
    return dvc.write_command(shlex.join(start), [command[n + 1] for n in flags])
