"""Parameter types that several sections share."""

from typing import Annotated

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
