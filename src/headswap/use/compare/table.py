"""The table of a comparison: a row a run, as text."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from headswap.params.train import UNORDERED
from headswap.statistics.words import bounds, p_value
from headswap.use.compare.answer import Answer
from headswap.use.compare.differences import Difference
from headswap.use.compare.runs import Run
from headswap.use.telling import telling

_STRATEGY, _ORDER = "train.strategy", "train.order"
_HEADER = (
    "run",
    "differs in",
    "validation",
    "test",
    "less the chosen",
    "p",
    "MB",
    "MMAC",
)


def table(answer: Answer) -> list[tuple[str, ...]]:
    """Return the header and a row a run, as text."""
    changed = changed_parameters(answer.runs)
    rows: list[tuple[str, ...]] = [_HEADER]
    for run in answer.runs:
        found = answer.validation.get(run.name)
        is_chosen = run is answer.chosen
        nothing = "chosen" if is_chosen else "other images"
        rows.append(
            (
                run.name,
                " ".join(
                    f"{key}={plain(run.params.get(name))}"
                    for name, key in changed
                    if name != _ORDER or run.params.get(_STRATEGY) not in UNORDERED
                ),
                _score(run, "validation"),
                _score(run, "test"),
                _difference(found) if found else nothing,
                "" if found is None or found.p is None else p_value(found.p),
                f"{run.cost['megabytes']:,.0f}",
                f"{run.cost['million_multiply_adds']:,.0f}",
            )
        )
    return rows


def plain(value: Any) -> str:
    """Return a parameter's value as it stands in a table."""
    return json.dumps(value, ensure_ascii=False).replace('"', "").replace(" ", "")


def changed_parameters(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """Return the parameters that tell runs apart, with the shortest name of each."""
    found, _ = telling_parameters(runs)
    ends = [name.rpartition(".")[2] for name in found]
    return [
        (name, end if ends.count(end) == 1 else name)
        for name, end in zip(found, ends, strict=True)
    ]


def telling_parameters(runs: Sequence[Run]) -> tuple[list[str], list[str]]:
    """Return the parameters that tell runs apart, and those that differ along."""
    return telling(
        [{name: plain(value) for name, value in run.params.items()} for run in runs]
    )


def _score(run: Run, part: str) -> str:
    """Return what decides, and its interval where there is one task."""
    text = f"{np.mean(run.of_rounds(part)):.3f}"
    if len(run.tasks) > 1:
        return text
    (task,) = run.tasks
    metric = run.primary(task)
    entry = run.intervals[task][part]["scores"][metric]
    return text if entry["low"] is None else f"{text} [{bounds(entry, ', ')}]"


def _difference(found: Difference) -> str:
    text = f"{found.value:+.3f}"
    if found.low is None or found.high is None:
        return text
    return f"{text} [{found.low:+.3f}, {found.high:+.3f}]"
