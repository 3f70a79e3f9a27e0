"""JSON files that may come from elsewhere: of the form they are to have, or refused.

In: a file, and a dataclass or other type that says what is in it. Out: a value of that
type. Guaranteed: no more than its plain values is made of a file; what is nested too
deep, of another type, no finite number or missing is an error that names the place.
"""

from pathlib import Path
from typing import Any

from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError, raise_faults, shortened

# Letters of a value in an error.
_LONGEST = 60
# `__pydantic_config__` of dataclasses that are read so.
STRICT_FORM = {"strict": True, "allow_inf_nan": False}


def read_document(path: PathLike, form: Any, remedy: str) -> Any:
    """Return what a JSON file says.

    Args:
        path: of the file.
        form: the type of its content.
        remedy: a sentence, how to get a sound file.

    Raises:
        InputError: it cannot be read, or with every place that is of another form.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(form).validate_json(Path(path).read_bytes(), strict=True)
    except OSError as error:
        raise InputError(
            f"{path}: it must be a file that can be read, got: {error.strerror}. "
            f"{remedy}"
        ) from error
    except ValidationError as error:
        raise_faults(
            [
                f"{path}: {_sentence(fault)}. {remedy}"
                for fault in error.errors(include_url=False)
            ]
        )
        raise


def _sentence(fault: Any) -> str:
    """Return what is wrong at a place, of a fault of pydantic's."""
    place = ".".join(map(str, fault["loc"])) or "it"
    if fault["type"] == "json_invalid":
        reason = shortened(fault["ctx"]["error"])
        return f"{place} must be whole JSON as headswap writes it, got: {reason}"
    expected = fault["msg"][:1].lower() + shortened(fault["msg"][1:])
    got = "none" if fault["type"] == "missing" else repr(fault["input"])[:_LONGEST]
    return f"{place} must be as headswap writes it ({expected}), got {got}"
