"""The figures that runs gave: `figures/<run>.json`.

A file holds the overrides that were run, the git revision of the code, the whole of
`metrics/evaluate.json`, and for each class of the test part what `metrics/classes.csv`
says of F1 and average precision.
"""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from headswap.artifacts.storage.tables import unguarded
from headswap.errors import InputError
from results.runs import Overrides

CLASS_METRICS = ("f1", "average_precision")
CLASS_PART = "test"


@dataclass(frozen=True)
class Figures:
    """What a run gave.

    Attributes:
        overrides: that were run, as they stand in runs.yaml.
        revision: of the code, a git commit.
        metrics: {task: {part: {metric: value}}}, as in `metrics/evaluate.json`.
        classes: {task: {part: {class: {metric: value}}}}; a value is None where the
            part has no image of the class.
    """

    overrides: Overrides
    revision: str
    metrics: dict[str, Any]
    classes: dict[str, Any]


def as_figures(
    overrides: Overrides, revision: str, evaluate: str, classes: str
) -> Figures:
    """Return the figures of an experiment.

    Args:
        overrides: that were run.
        revision: of the code.
        evaluate: the text of `metrics/evaluate.json`.
        classes: the text of `metrics/classes.csv`; "" where the run wrote none.
    """
    by_class: dict[str, Any] = {}
    # A class name may hold what `splitlines` takes for the end of a line.
    for row in csv.DictReader(io.StringIO(classes, newline="")):
        if row["part"] == CLASS_PART:
            part = by_class.setdefault(row["task"], {}).setdefault(row["part"], {})
            part[unguarded(row["class"])] = {
                metric: float(row[metric]) if row[metric] else None
                for metric in CLASS_METRICS
            }
    return Figures(overrides, revision, json.loads(evaluate), by_class)


def write_figures(folder: Path, run: str, figures: Figures) -> None:
    """Write a run's file, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(figures), indent=2, ensure_ascii=False)
    unfinished = folder / f"{run}.json.unfinished"
    unfinished.write_text(f"{text}\n", encoding="utf-8")
    unfinished.replace(folder / f"{run}.json")


def read_figures(folder: Path) -> dict[str, Figures]:
    """Return all figures that are stored, by run.

    Raises:
        InputError: a file is not what `write_figures` writes.
    """
    figures = {}
    for path in sorted(folder.glob("*.json")):
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            stored["overrides"] = tuple(stored["overrides"])
            figures[path.stem] = Figures(**stored)
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"results/figures/{path.name}: the file must hold the figures of a "
                f"run, got {error}. Restore it from git or delete it and run again."
            ) from error
    return figures


def current_figures(
    runs: Mapping[str, Overrides], stored: Mapping[str, Figures]
) -> dict[str, Figures]:
    """Return the stored figures of those runs whose overrides are still the same."""
    return {
        name: stored[name]
        for name, overrides in runs.items()
        if name in stored and sorted(stored[name].overrides) == sorted(overrides)
    }
