"""The `data` section: where the labelled pictures are and how they are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from headswap.params._types import STRICT, Seed, name_in

PART_LEVEL = "split"
PATH_COLUMN = "path"
VOC_TASK = "objects"

TaskName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Part = Literal["train", "validation", "test"]


def _name_tasks_once(levels: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(levels)) < len(levels) or not set(levels) - {PART_LEVEL}:
        raise ValueError("a list of different names with at least one task")
    return levels


@dataclass(frozen=True)
class Section:
    """Where the labelled pictures are.

    Attributes:
        root: folder of the raw images; it is only ever read.
        layout: how labels are kept, a file in `layouts/`.
        levels: layout `folders`: what each folder level below `root` names, from the
            outside in; `split` names a given part, anything else a task.
        parts: what the data set's own part names mean.
        table: layout `csv`: the label table, relative to `root`.
        tables: layout `csv`: several tables, by part name, relative to `root`.
        columns: layout `csv`: the column names of a table without a header.
        tasks: layout `csv`: the columns that are tasks; null for all but `path` and
            `split`.
        multilabel: layout `csv`: tasks whose cells hold any number of classes, joined
            with `|`.
        class_names: layout `csv`: by task, a file that names numeric class ids.
        classes: layout `voc`: the classes of interest; empty for all that occur.
        unlabelled: how many images without any class a multilabel task keeps: a number,
            a share or `all`.
        conflicts: what happens to one picture under two classes of a multiclass task.
        seed: of the draw among images without any class.
    """

    __pydantic_config__ = STRICT

    root: Annotated[str, Field(min_length=1)]
    layout: Annotated[str, name_in("layouts")]
    levels: Annotated[tuple[TaskName, ...], AfterValidator(_name_tasks_once)]
    parts: Mapping[str, Part]
    table: str | None
    tables: Mapping[str, str]
    columns: tuple[str, ...] | None
    tasks: tuple[TaskName, ...] | None
    multilabel: tuple[TaskName, ...]
    class_names: Mapping[str, str]
    classes: tuple[str, ...]
    unlabelled: (
        Annotated[int, Field(ge=0)]
        | Annotated[float, Field(ge=0, le=1)]
        | Literal["all"]
    )
    conflicts: Literal["fail", "drop"]
    seed: Seed

    @property
    def known_tasks(self) -> tuple[str, ...] | None:
        """The task names, where the parameters alone tell them."""
        if self.layout == "folders":
            return tuple(level for level in self.levels if level != PART_LEVEL)
        if self.layout == "voc":
            return (VOC_TASK,)
        if self.tasks is not None or self.columns is None:
            return self.tasks
        return tuple(c for c in self.columns if c not in (PATH_COLUMN, PART_LEVEL))
