"""What is kept in git, a JSON file each; above all the figures that runs gave.

`figures/<run>.json` holds the overrides that were run, the git revision of the code,
the whole of `metrics/evaluate.json`, and for each class of the test part what
`metrics/classes.csv` says of F1 and average precision.
"""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from headswap.artifacts.storage.documents import read_document
from headswap.artifacts.storage.tables import unguarded
from results.runs import Overrides

CLASS_METRICS = ("f1", "average_precision")
CLASS_PART = "test"

Kept = TypeVar("Kept")


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
    write_stored(folder / f"{run}.json", figures)


def read_figures(folder: Path) -> dict[str, Figures]:
    """Return all figures that are stored, by run.

    Raises:
        InputError: a file is not what `write_figures` writes.
    """
    return read_stored(folder, Figures)


def write_stored(path: Path, content: Any) -> None:
    """Write a dataclass to its file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(content), indent=2, ensure_ascii=False)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_text(f"{text}\n", encoding="utf-8")
    unfinished.replace(path)


def read_stored(folder: Path, form: type[Kept]) -> dict[str, Kept]:
    """Return what lies in a folder, by the names of its files.

    Args:
        folder: of the files; there need be none.
        form: the dataclass that each of them was.

    Raises:
        InputError: a file is not what `write_stored` writes.
    """
    remedy = "Restore it from git, or delete it and run again."
    return {
        path.stem: read_document(path, form, remedy)
        for path in sorted(folder.glob("*.json"))
    }


def current_figures(
    runs: Mapping[str, Overrides], stored: Mapping[str, Figures]
) -> dict[str, Figures]:
    """Return the stored figures of those runs whose overrides are still the same."""
    return {
        name: stored[name]
        for name, overrides in runs.items()
        if name in stored and sorted(stored[name].overrides) == sorted(overrides)
    }
