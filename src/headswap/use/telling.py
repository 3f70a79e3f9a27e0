"""Which parameters tell runs apart; one whose value follows from others does not.

A recipe that compares heads sets ten parameters with each; the head says it all.
"""

from collections.abc import Mapping, Sequence

# These say most, so where two parameters go together, it is the other one that is left
# out.
_FIRST = (
    "train.strategy",
    "train.order",
    "backbone.name",
    "backbone.unfreeze",
    "train.hidden",
)


def telling(runs: Sequence[Mapping[str, str]]) -> tuple[list[str], list[str]]:
    """Return the parameters that tell runs apart, and those that differ along.

    Args:
        runs: the parameters of each by name, as text; one may lack some.

    Returns:
        names, each list in the order in which runs have them. Where two tell the same,
        the one that says most is kept.
    """
    names = list(dict.fromkeys(name for run in runs for name in run))
    first = sorted(names, key=lambda n: _FIRST.index(n) if n in _FIRST else len(_FIRST))
    kept: list[str] = []
    along: list[str] = []
    known: set[tuple[str | None, ...]] = {()}
    for name in first:
        if len({run.get(name) for run in runs}) == 1:
            continue
        finer = {tuple(run.get(each) for each in (*kept, name)) for run in runs}
        (kept if len(finer) > len(known) else along).append(name)
        if kept[-1:] == [name]:
            known = finer
    return sorted(kept, key=names.index), sorted(along, key=names.index)
