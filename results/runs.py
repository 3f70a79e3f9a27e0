"""The `settings` and `runs` of runs.yaml -> every run's overrides of params.yaml.

A run is a list of overrides, each exactly as `dvc exp run -S` takes it; an entry
without `=` names a list of `settings`, whose overrides stand in its place. Guaranteed
of what `parse_runs` returns: names that git takes, and each parameter once a run.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from results.faults import fault, take_list, take_mapping

Overrides = tuple[str, ...]

NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
OVERRIDE = re.compile(r"\w+(\.\w+)+=.+")
# DVC would make several experiments of it.
SWEEP = re.compile(r"=[^\[{'\"].*,")


def parse_runs(settings: Any, runs: Any, faults: list[str]) -> dict[str, Overrides]:
    """Return the overrides of each run, in the order they are listed.

    Args:
        settings: that section of runs.yaml, as read.
        runs: that section, as read.
        faults: where what is wrong is added.
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
        parsed[name] = _overrides(f"runs.{name}", entries, shared, faults)
    return parsed


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
                expected += f" or one of settings, {', '.join(shared)}"
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
