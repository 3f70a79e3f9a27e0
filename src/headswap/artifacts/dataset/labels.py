"""`labels.json`: the tasks with their class order, and the relations between them.

Written once, by prepare; every later class order comes from there.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.documents import STRICT_FORM, read_document
from headswap.errors import listed, raise_faults

_REMEDY = "Run `dvc repro prepare`, or copy it again."


@dataclass(frozen=True)
class Labels:
    """What `labels.json` says.

    Attributes:
        tasks: in the order of the columns of `index.csv`.
        relations: between tasks, where one divides the classes of another.
    """

    __pydantic_config__ = STRICT_FORM

    tasks: list[Task]
    relations: list[Relation]


def write_labels(path: str | Path, labels: Labels) -> None:
    """Write `labels.json`."""
    text = json.dumps(asdict(labels), indent=2, ensure_ascii=False)
    Path(path).write_text(text + "\n", encoding="utf-8")


def read_labels(path: str | Path) -> Labels:
    """Return what `labels.json` says.

    Raises:
        InputError: it is none, or with every class and task that does not fit.
    """
    labels = read_document(path, Labels, _REMEDY)
    classes = {task.name: set(task.class_names) for task in labels.tasks}
    faults = [
        f"{path}: the classes of {task.name} must be different, got one twice. "
        f"{_REMEDY}"
        for task in labels.tasks
        if len(classes[task.name]) < task.num_classes
    ]
    if not classes or len(classes) < len(labels.tasks):
        faults.append(
            f"{path}: it must have tasks of different names, got "
            f"{listed([task.name for task in labels.tasks]) or 'none'}. {_REMEDY}"
        )
    faults += [
        f"{path}: {each.name} must relate classes of two tasks, got others. {_REMEDY}"
        for each in labels.relations
        if not classes.get(each.finer, set()) >= each.parents.keys()
        or not classes.get(each.coarser, set()) >= {*each.parents.values()}
    ]
    raise_faults(faults)
    return labels
