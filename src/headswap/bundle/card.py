"""`MODEL_CARD.md`: what the model is for, and how good it is.

Source: Mitchell and others (2019), "Model Cards for Model Reporting"; the header is
that of Hugging Face's model cards.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from headswap.artifacts.bundle.caveats import ANYTHING_ELSE, FIGURES_OF, UNSEEN
from headswap.artifacts.dataset.labels import Labels
from headswap.artifacts.storage.markdown import literal

_HEADER = """---
library_name: keras
pipeline_tag: image-classification
tags:
- headswap
---
"""
# Classes that are named; more would be a list that nobody reads.
_MOST_CLASSES = 30


def model_card(
    labels: Labels,
    intervals: Mapping[str, Any],
    networks: Sequence[str],
    training: Mapping[str, Any],
    num_pictures: int,
    num_known: int,
) -> str:
    """Return the card, as Markdown.

    Args:
        labels: what the model tells apart.
        intervals: `metrics/intervals.json`.
        networks: whose features it takes.
        training: `training.json`.
        num_pictures: of the data that travel with the model.
        num_known: of the data whose paths and features do.
    """
    lines = [_HEADER, "# Model card", ""]
    lines += [f"Features of {', '.join(networks)}, and heads made by headswap.", ""]
    lines += ["## What it tells apart", ""]
    for task in labels.tasks:
        names = [literal(name) for name in task.class_names[:_MOST_CLASSES]]
        more = len(task.class_names) - len(names)
        ending = f" and {more} more" if more else ""
        lines.append(
            f"- {literal(task.name)} ({task.kind}): {', '.join(names)}{ending}"
        )
    lines += [
        "",
        ANYTHING_ELSE,
        "",
        "## How good it is",
        "",
        "| task | score | test | 95 % interval | about |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, parts in intervals.items():
        part = parts.get("test", {"scores": {}})
        for metric, entry in part["scores"].items():
            interval = (
                entry["method"]
                if entry["low"] is None
                else f"{entry['low']:.3f} to {entry['high']:.3f}"
            )
            value = "" if entry["value"] is None else f"{entry['value']:.3f}"
            lines.append(
                f"| {literal(name)} | {metric} | {value} | {interval} | "
                f"{part['estimand']} |"
            )
    lines += [
        "",
        f"{UNSEEN} {FIGURES_OF[training['final']]}",
        "",
        "## How to use it",
        "",
        "`headswap predict PATH --model FOLDER`, or in Python "
        "`headswap.load(folder).predict(paths)`.",
        "",
    ]
    if num_pictures:
        lines += [
            f"`sample/` holds {num_pictures} of the pictures it was made with, for "
            "`headswap verify`.",
            "",
        ]
    if num_known:
        lines += [
            f"`neighbours/` holds the paths of {num_known} training pictures and "
            "numbers by which a picture is likened to them; no picture is in it.",
            "",
        ]
    return "\n".join(lines)
