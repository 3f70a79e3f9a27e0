"""What a data set calls its parts -> train, validation or test."""

from collections.abc import Collection

from headswap.errors import InputError, listed
from headswap.params._yaml import as_yaml
from headswap.params.data import Part, Section


def require_parts(
    names: Collection[str], data: Section, where: str, advice: str = ""
) -> dict[str, Part]:
    """Return the part that each of a data set's own part names stands for.

    Args:
        names: that were found.
        data: the section, whose `parts` say what they mean.
        where: they were found.
        advice: a sentence, if the names may be none of parts.

    Raises:
        InputError: with every name that `data.parts` does not know.
    """
    known = {name.casefold(): part for name, part in data.parts.items()}
    known |= data.parts
    parts = {name: known.get(name, known.get(name.casefold())) for name in names}
    unknown = sorted(name for name, part in parts.items() if part is None)
    if unknown:
        raise InputError(
            f"{where}: the part must be one of {', '.join(data.parts)}, got "
            f"{listed([repr(name) for name in unknown])}. {advice}Say in data.parts of "
            f"params.yaml what they are, such as `{example(unknown[0])}`."
        )
    return {name: part for name, part in parts.items() if part is not None}


def example(name: str) -> str:
    """Return what `data.parts` would say of a part, as it stands in params.yaml."""
    return as_yaml({name: "train"})
