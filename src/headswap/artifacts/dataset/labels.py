"""`labels.json`: the tasks with their class order, and the relations between them.

Written once, by prepare; every later class order comes from there.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.tasks import Task


@dataclass(frozen=True)
class Labels:
    """What `labels.json` says.

    Attributes:
        tasks: in the order of the columns of `index.csv`.
        relations: between tasks, where one divides the classes of another.
    """

    tasks: list[Task]
    relations: list[Relation]


def write_labels(path: str | Path, labels: Labels) -> None:
    """Write `labels.json`."""
    text = json.dumps(asdict(labels), indent=2, ensure_ascii=False)
    Path(path).write_text(text + "\n", encoding="utf-8")


def read_labels(path: str | Path) -> Labels:
    """Return what `labels.json` says."""
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    return Labels(
        [
            Task(task["name"], task["kind"], tuple(task["class_names"]))
            for task in content["tasks"]
        ],
        [Relation(**relation) for relation in content["relations"]],
    )
