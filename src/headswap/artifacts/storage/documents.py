"""JSON files that may come from elsewhere: of the form they are to have, or refused.

In: a file, and a dataclass or other type that says what is in it. Out: a value of that
type. Guaranteed: no more than its plain values is made of a file; what is nested too
deep, of another type, no finite number or missing is an error that names the place.
"""

from pathlib import Path
from typing import Any

from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError, raise_faults, shortened

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
                f"{path}: {_place(fault['loc'])} must be as headswap writes it, got: "
                f"{shortened(fault['msg'])}. {remedy}"
                for fault in error.errors(include_url=False, include_input=False)
            ]
        )
        raise


def _place(keys: tuple[int | str, ...]) -> str:
    return ".".join(map(str, keys)) or "it"
