"""Overrides of params.yaml: `section.key=value`, as `dvc exp run -S` takes them.

They are read by the parser that DVC itself uses, so that both see the same values.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from headswap.errors import InputError

NAME = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)+")
# What DVC takes for text without quotes, but for words such as `null`.
PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.@-]*")
WORDS = ("true", "false", "null", "nan", "inf")


@dataclass(frozen=True)
class Override:
    """One parameter, and the values it is to have.

    Attributes:
        name: of the parameter, dotted.
        values: one, or several, of which each makes experiments of its own.
        text: as `-S` takes it.
    """

    name: str
    values: tuple[Any, ...]
    text: str


def parse_override(text: str) -> Override:
    """Return what an override says.

    Raises:
        InputError: it is none that sets a parameter.
    """
    # Slow to import, and only needed here.
    from hydra.core.override_parser import overrides_parser, types
    from hydra.errors import HydraException

    try:
        parsed = overrides_parser.OverridesParser.create().parse_override(text)
        name = parsed.get_key_element().lstrip("+")
        if parsed.is_delete() or not NAME.fullmatch(name):
            raise HydraException("it sets no parameter")
        if parsed.is_sweep_override():
            values = [_unquote(value, types) for value in parsed.sweep_iterator()]
        else:
            values = [_unquote(parsed.value(), types)]
    except HydraException as error:
        raise InputError(
            f"-S: an override must be section.key=value, got {text!r}. Correct it; a "
            "text with brackets, parentheses or commas needs double quotes inside the "
            "shell's."
        ) from error
    return Override(name, tuple(values), text)


def _unquote(value: Any, types: Any) -> Any:
    if isinstance(value, types.QuotedString):
        return value.text
    if isinstance(value, list):
        return [_unquote(each, types) for each in value]
    if isinstance(value, dict):
        return {key: _unquote(each, types) for key, each in value.items()}
    return value


def make_override(name: str, values: Sequence[Any]) -> Override:
    """Return an override of values as YAML gives them.

    Args:
        name: of the parameter, dotted.
        values: one, or several to sweep.
    """
    # A key of a mapping that the user fills need not be there yet.
    start = "++" if name.count(".") > 1 else ""
    text = f"{start}{name}={','.join(map(_write, values))}"
    return Override(name, tuple(values), text)


def _write(value: Any) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    if isinstance(value, list):
        return f"[{','.join(map(_write, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{_write(each)}' for key, each in value.items())}}}"
    text = str(value)
    if PLAIN.fullmatch(text) and text.lower() not in WORDS:
        return text
    # Backslashes are taken as they are but before a quote.
    return '"' + re.sub(r'(\\*)("|$)', _escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    backslashes, quote = found.groups()
    return 2 * backslashes + ('\\"' if quote else "")


def merge(
    sections: Mapping[str, Any], settings: Iterable[tuple[str, Any]]
) -> dict[str, Any]:
    """Return params.yaml as it would be with some parameters set.

    Args:
        sections: of params.yaml, as read.
        settings: dotted names and values; a mapping adds to the one that is there.
    """
    merged = deepcopy(dict(sections))
    for name, value in settings:
        *parents, key = name.split(".")
        place = merged
        for parent in parents:
            if not isinstance(place.get(parent), dict):
                place[parent] = {}
            place = place[parent]
        if isinstance(value, dict) and isinstance(place.get(key), dict):
            value = merge(place[key], value.items())
        place[key] = value
    return merged
