"""Parameter types that several sections share."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from headswap import registry

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

Seed = Annotated[int, Field(ge=0, lt=2**32)]
Share = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]


def name_in(folder: str) -> AfterValidator:
    """Return a validator that admits only the names of the parts in a folder."""

    def check(name: str) -> str:
        choices = registry.names(folder)
        if name not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return name

    return AfterValidator(check)


# DVC's run cache drops keys of these names, at any depth, when it compares parameters:
# a changed value would bring back the old result.
# Source: https://github.com/treeverse/dvc/issues/10296, seen in DVC 3.67.1.
KEYS_DVC_IGNORES = ("size", "nfiles")


def _refuse_keys_dvc_ignores(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    found = [key for key in mapping if key in KEYS_DVC_IGNORES]
    if found:
        raise ValueError(
            "a mapping without the keys size and nfiles, which DVC would not see "
            f"change ({', '.join(found)})"
        )
    return mapping


# Of a mapping whose keys the user chooses.
KEYS_SEEN_BY_DVC = AfterValidator(_refuse_keys_dvc_ignores)
