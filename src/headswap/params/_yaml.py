"""YAML that may come from elsewhere: plain values, and no more than can be held.

An alias stands for all that its anchor holds, so a few lines can stand for more values
than there is memory, or for themselves without end.
"""

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import YAMLError

from headswap.errors import InputError, shortened

# Of a whole file, with what aliases stand for.
MAX_VALUES = 100_000
MAX_DEPTH = 50


class _TooDeep(Exception):
    """Values are nested deeper than any of ours."""


class _BoundedComposer(Composer):
    """Stops at the depth at which a reader that calls itself would get slow."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _TooDeep("more")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def parse_yaml(text: str, where: str) -> Any:
    """Return what a text says, without any class of the program's.

    Args:
        text: YAML 1.2, as DVC reads it: 1e-3 is a number and `no` a word.
        where: it is from, for errors.

    Raises:
        InputError: it is no YAML, or with what it holds that no file of ours does.
    """
    try:
        reader = YAML(typ="safe", pure=True)
        reader.Composer = _BoundedComposer
        values = reader.load(text)
    except YAMLError as error:
        raise InputError(
            f"{where}: the file must be valid YAML, got {error}. Correct that line."
        ) from error
    # The latter for numbers of thousands of digits.
    except (_TooDeep, ValueError) as error:
        raise InputError(
            f"{where}: the file must have values nested at most {MAX_DEPTH} deep, got "
            f"{shortened(str(error))}. Restore it from git."
        ) from error
    if fault := _fault(values):
        raise InputError(f"{where}: the file must {fault}. Restore it from git.")
    return values


def _fault(values: Any) -> str:
    """Return what is wrong with values, or ""."""
    waiting, number = [(values, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        number += 1
        if depth > MAX_DEPTH:
            return f"have values nested at most {MAX_DEPTH} deep, got more"
        if number > MAX_VALUES:
            return f"hold at most {MAX_VALUES:,} values, got more by its aliases"
        if isinstance(value, str) and "\0" in value:
            return f"have texts without the character NUL, got {value!r}"
        if isinstance(value, dict):
            waiting += [(each, depth + 1) for pair in value.items() for each in pair]
        elif isinstance(value, list):
            waiting += [(each, depth + 1) for each in value]
    return ""


def as_yaml(value: Any) -> str:
    """Return a value as it stands in a file, in quotes where it would be none there."""
    written = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.dump(value, written)
    return written.getvalue().strip()
