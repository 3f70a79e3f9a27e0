"""Scores with their intervals, drawn beside them."""

import math
from typing import Any

from headswap.pages.blocks import heading, paragraph, table
from headswap.pages.cells import Cell, Span, Written
from headswap.pages.elements import Markup, join
from headswap.pages.page import Section
from headswap.report.run import Run
from headswap.statistics.words import bounds, is_loss, name_of


def scores_section(run: Run) -> Section:
    """Return the section."""
    shown = [
        _of_task(run, name, parts)
        for name, parts in run.intervals.items()
        if "test" in parts
    ]
    told = (
        "A dot is the score, the line around it its interval of 95 %"
        + (
            ", a tick the score of one round. "
            if run.split.num_rounds > 1
            else ". One round was drawn. "
        )
        + "Test scores are what to state; validation is beside them to compare."
    )
    return Section(
        "scores", "Scores and how sure they are", join(paragraph(told), *shown)
    )


def _of_task(run: Run, name: str, parts: dict[str, Any]) -> Markup:
    test, validation = parts["test"], parts.get("validation", {"scores": {}})
    start = _start(test["scores"])
    rows: list[tuple[Cell, ...]] = []
    for metric, entry in test["scores"].items():
        # The band that chance brings is no score.
        if "_perfect_" in metric:
            continue
        other = validation["scores"].get(metric, {"value": None})
        drawn = Span(None)
        if not is_loss(metric):
            marks = run.rounds.get((name, "test", metric), [])
            drawn = Span(
                entry["value"],
                entry["low"],
                entry["high"],
                [each for each in marks if not math.isnan(each)]
                if len(marks) > 1
                else (),
                start,
            )
        rows.append(
            (
                name_of(metric) + (", lower is better" if is_loss(metric) else ""),
                _number(entry["value"]),
                drawn,
                Written(bounds(entry)) if entry["low"] is not None else bounds(entry),
                _number(other["value"]),
            )
        )
    scale = f"{start:g} to 1"
    header = ["score", "test", scale, "95 % interval", "validation"]
    groups = f"{test['images']:g} test images in {test['groups']:g} groups"
    rounds = test["rounds"]
    caption = f"{groups}, {'one round' if rounds == 1 else f'{rounds} rounds'}; "
    caption += f"about {test['estimand']}"
    return join(heading(name.replace("_", " ")), table(caption, header, rows))


def _start(scores: dict[str, Any]) -> float:
    """Return where a scale begins that holds all intervals, in steps of a tenth."""
    lows = [
        each["value"] if each["low"] is None else each["low"]
        for metric, each in scores.items()
        if not is_loss(metric) and each["value"] is not None
    ]
    return math.floor(10 * min(max(min(lows, default=0.0), 0.0), 0.9)) / 10


def _number(value: float | None) -> Written:
    return Written("" if value is None else f"{value:.3f}")
