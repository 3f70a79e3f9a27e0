"""The table of a comparison: a row a run, as text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from headswap.params.train import UNORDERED
from headswap.statistics.rounds import Rounds
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


def over_rounds(run: Run, part: str, values: np.ndarray) -> str:
    """Return the mean of what decides, and its interval where rounds tell of one.

    Args:
        run: whose rounds they are.
        part: that was scored.
        values: a value a round.
    """
    text = f"{values.mean():.3f}"
    facts = run.intervals[run.tasks[0]][part]
    # Rounds that all score the same images say nothing of a mean over tasks.
    if "spread" not in facts:
        return text
    found = Rounds(**facts["spread"]).interval(values, facts["images"])
    return text + _bracketed(asdict(found))


def _score(run: Run, part: str) -> str:
    values = run.of_rounds(part)
    if len(run.tasks) > 1:
        return over_rounds(run, part, values)
    (task,) = run.tasks
    entry = run.intervals[task][part]["scores"][run.primary(task)]
    return f"{values.mean():.3f}{_bracketed(entry)}"


def _bracketed(interval: Mapping[str, Any]) -> str:
    return "" if interval["low"] is None else f" [{bounds(interval, ', ')}]"


def _difference(found: Difference) -> str:
    text = f"{found.value:+.3f}"
    if found.low is None or found.high is None:
        return text
    return f"{text} [{found.low:+.3f}, {found.high:+.3f}]"
