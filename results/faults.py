"""Faults of runs.yaml in the form that all the project's errors have."""

from typing import Any

RUNS_FILE = "results/runs.yaml"


def fault(what: str, expected: str, value: Any, fix: str) -> str:
    """Return `<file>: <what> must be <expected>, got <value>. <fix>.`."""
    return f"{RUNS_FILE}: {what} must be {expected}, got {value!r}. {fix}."


def take_mapping(what: str, value: Any, faults: list[str]) -> dict[str, Any]:
    """Return a mapping with text as keys; an empty one and a fault where it is none."""
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return value
    faults.append(fault(what, "a mapping of names", value, "Indent names below it"))
    return {}


def take_list(what: str, value: Any, faults: list[str]) -> list[Any]:
    """Return a list; an empty one and a fault where it is none."""
    if isinstance(value, list):
        return value
    faults.append(fault(what, "a list", value, "Put it in [brackets] or after dashes"))
    return []
