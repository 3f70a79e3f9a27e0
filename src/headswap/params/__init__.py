"""params.yaml -> one frozen dataclass a section.

Each section has a file here with the section's name. Importing one is cheap (no Keras,
no OpenCV), so the whole of params.yaml is checked before any stage does work.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from headswap import registry
from headswap.errors import InputError, listed, raise_faults
from headswap.machine.backend import backend_faults
from headswap.params import backbone, features, train
from headswap.params._data_faults import find_faults as find_data_faults
from headswap.params._yaml import parse_yaml

PARAMS_FILE = "params.yaml"
UNKNOWN_KEY = "unexpected_keyword_argument"

# Old name -> new name, for who comes with an older params.yaml; in the order in which
# they were renamed. All of these are from before 0.1.0.
RENAMED = {
    "prepare.size": "prepare.image_size",
    "backbone.size": "backbone.image_size",
    "train.folds": "split.num_folds",
}


def load(path: str | Path = PARAMS_FILE) -> dict[str, Any]:
    """Return params.yaml as nested dictionaries, unchecked."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise InputError(
            f"{path}: the file must be readable, got {reason}. "
            "Run from the folder that holds dvc.yaml."
        ) from error
    sections = parse_yaml(text, str(path))
    if not isinstance(sections, dict):
        raise InputError(
            f"{path}: the file must hold sections of parameters, got "
            f"{type(sections).__name__}. Restore it from git."
        )
    return sections


def read(section: str, path: str | Path = PARAMS_FILE) -> Any:
    """Return one section of params.yaml as its dataclass.

    Raises:
        InputError: with every fault of the section.
    """
    parsed, faults = _parse(section, load(path).get(section), str(path))
    raise_faults(faults)
    return parsed


def require_unchanged(
    before: Mapping[str, Any], names: Sequence[str], path: str | Path = PARAMS_FILE
) -> None:
    """Check that params.yaml still says what was read from it.

    Args:
        before: what `load` gave.
        names: of sections and dotted parameters, the others may differ.
        path: of the file.

    Raises:
        InputError: a parameter differs, or the file is valid YAML no longer.
    """
    differing = _values(before, names) ^ _values(load(path), names)
    if changed := sorted({name for name, _ in differing}):
        raise InputError(
            f"{path}: it must stay as it is while a stage that reads it runs, got "
            f"another {listed(changed)}. Run again: what was computed belongs to "
            "the earlier values and is not kept."
        )


def _values(sections: Mapping[str, Any], names: Sequence[str]) -> set[tuple[str, str]]:
    """Return the parameters that names stand for, each with its value as text."""
    found = set()
    for section, _, wanted in (name.partition(".") for name in names):
        values = sections.get(section)
        found |= {
            (f"{section}.{key}", repr(value))
            for key, value in (values.items() if isinstance(values, dict) else ())
            if wanted in ("", key)
        }
    return found


def check(sections: Mapping[str, Any], where: str = PARAMS_FILE) -> dict[str, Any]:
    """Return every section as its dataclass.

    Raises:
        InputError: with every fault of every section, and sections nobody reads.
    """
    known = registry.names("params")
    faults = [
        f"{where}: {section} must be one of {', '.join(known)}. Remove or rename it."
        for section in sections
        if section not in known
    ]
    parsed = {}
    for section in known:
        parsed[section], section_faults = _parse(section, sections.get(section), where)
        faults += section_faults
    if parsed["data"] and parsed["train"]:
        faults += _check_together(parsed, where)
    if parsed["backbone"] and parsed["prepare"]:
        size = parsed["prepare"].image_size
        faults += backbone.find_faults(parsed["backbone"], size, where)
    if parsed["train"] and parsed["backbone"]:
        faults += train.find_faults(parsed["train"], parsed["backbone"], where)
    if parsed["keras"]:
        faults += backend_faults(parsed["keras"].backend)
    if parsed["keras"] and parsed["features"]:
        faults += features.engine_faults(parsed["features"], parsed["keras"].backend)
    raise_faults(faults)
    return parsed


def _parse(section: str, values: Any, where: str) -> tuple[Any, list[str]]:
    kind = import_module(f"headswap.params.{section}").Section
    try:
        # By way of JSON, strict mode still lets a YAML list become a tuple.
        text = json.dumps(values if values is not None else {}, default=str)
        return TypeAdapter(kind).validate_json(text, strict=True), []
    except ValidationError as error:
        faults: dict[str, list[Any]] = {}
        for fault in error.errors(include_url=False):
            faults.setdefault(_dotted(section, fault), []).append(fault)
        keys = [field.name for field in fields(kind)]
        return None, [_sentence(where, *item, keys) for item in faults.items()]


def _dotted(section: str, fault: Any) -> str:
    keys = fault["loc"]
    if fault["type"] != UNKNOWN_KEY:
        # Union members appear in pydantic's location by type; users know only the keys.
        keys = [part for part in keys if isinstance(part, int) or part.isidentifier()]
        keys = [part for part in keys if part not in _TYPE_NAMES]
    return ".".join(map(str, [section, *keys]))


def _sentence(where: str, name: str, faults: Sequence[Any], keys: Sequence[str]) -> str:
    """Return one sentence for one parameter, all members of a union together.

    Args:
        where: the file.
        name: of the parameter, dotted.
        faults: pydantic's, of that parameter.
        keys: of its section.
    """
    if faults[0]["type"] == UNKNOWN_KEY and name in RENAMED:
        return f"{where}: {name} must be called {RENAMED[name]} now. Rename it."
    if faults[0]["type"] == UNKNOWN_KEY:
        return (
            f"{where}: {name} must be one of the section's parameters, "
            f"{', '.join(keys)}. Remove or rename it."
        )
    if faults[0]["type"] == "missing":
        return f"{where}: {name} must be given. Add it."
    expected = [
        re.sub(
            r"^(Value error, |\w+ should (be )?)(an? valid |a |an )?",
            "",
            fault["msg"],
        )
        for fault in faults
    ]
    return (
        f"{where}: {name} must be {' or '.join(dict.fromkeys(expected))}, "
        f"got {faults[0]['input']!r}. Correct it there or on the command line (-S)."
    )


_TYPE_NAMES = {"int", "float", "str", "bool", "constrained", "none", "list", "tuple"}


def _check_together(parsed: Mapping[str, Any], where: str) -> list[str]:
    """Return the faults that only several parameters side by side can show."""
    faults = find_data_faults(parsed["data"], where)
    tasks, order = parsed["data"].known_tasks, parsed["train"].order
    if tasks and not isinstance(order, str) and sorted(order) != sorted(tasks):
        faults.append(
            f"{where}: train.order must be finest_first, coarsest_first or a list of "
            f"the tasks {', '.join(tasks)}, got {list(order)}. Name each task once."
        )
    weighted = parsed["train"].loss_weights
    if tasks and (unknown := [name for name in weighted if name not in tasks]):
        faults.append(
            f"{where}: train.loss_weights must name tasks, {', '.join(tasks)}, got "
            f"{listed(unknown)}. Correct the names."
        )
    return faults
