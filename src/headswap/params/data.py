"""The `data` section: where the labelled pictures are and how they are kept."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from headswap.params._types import KEYS_SEEN_BY_DVC, STRICT, Seed, name_in

PART_LEVEL = "split"
PATH_COLUMN = "path"
VOC_TASK = "objects"

# A folder level or column that is not read.
SKIPPED = "_"

TaskName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Level = Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9_]*|_)$")]
Part = Literal["train", "validation", "test"]
OneHot = Annotated[tuple[str, ...], Field(min_length=1)]


def _name_tasks_once(levels: tuple[str, ...]) -> tuple[str, ...]:
    named = [level for level in levels if level != SKIPPED]
    if len(set(named)) < len(named) or not set(named) - {PART_LEVEL}:
        raise ValueError("a list of different names with at least one task")
    return levels


def _different(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("a list of different names")
    return names


def _compile(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from error
    return pattern


# What separates the cells of a table, by words that need no quotes in a shell.
DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "space": " ", "bar": "|"}


def _delimiter(text: str) -> str:
    found = DELIMITERS.get(text, text)
    if len(found) != 1 or found in '\r\n"':
        raise ValueError(f"one of {', '.join(DELIMITERS)} or a single character")
    return found


@dataclass(frozen=True)
class Section:
    """Where the labelled pictures are.

    Attributes:
        root: folder of the raw images; it is only ever read.
        layout: how labels are kept, a file in `prepare/layouts/`.
        levels: layout `folders`: what each folder level below `root` names, from the
            outside in; `split` names a given part, `_` nothing, anything else a task.
        parts: what the data set's own part names mean; upper and lower case are alike.
        table: layout `csv`: the label table, relative to `root`.
        tables: layout `csv`: several tables, by part name, relative to `root`.
        delimiter: layout `csv`: what separates the cells of a table: a character, or
            `comma`, `tab`, `semicolon`, `space` (any number of spaces and tabs), `bar`;
            null for what fits all its lines, or what a first line `sep=,` says.
        columns: layout `csv`: names for the columns, in order, whether or not the table
            has a header: `path`, `split`, `_` for one that is not read, and others;
            null for the names in its header.
        tasks: layout `csv`: the columns that are tasks; null for all but `path`,
            `split` and `group`.
        multilabel: layout `csv`: tasks whose cells hold any number of classes.
        separator: layout `csv`: what stands between the classes in such a cell, unless
            it is a list such as `['red', 'warm']`.
        one_hot: layout `csv`: by task, the columns of 0 and 1, -1 and 1, no and yes, or
            the like that are its classes, of which an image has any number; `*` in a
            name stands for any letters.
        class_names: layout `csv`: by task, a file that names numeric class ids: lines
            of both, parted by any usual mark, names alone, from 0 or 1, a table with a
            header, or YAML with `names`.
        classes: the classes of interest, of one task or several; empty for all that
            occur. Images of others are left out, or with several labels lose them.
        unlabelled: how many images without any class a multilabel task keeps: a number,
            a share or `all`.
        group: a folder level, or a column of the layout `csv`, that is no task but says
            which images belong together (a patient, a scene); null for none.
        slices: folder levels, or columns of the layout `csv`, that are no tasks but say
            of what images a score is told apart, such as camera or site; `group` may be
            one of them.
        group_pattern: a regular expression that finds a group's name in each path: its
            first parenthesis, or all it matches; null for none.
        exclude: patterns of files and folders below `root` that are no data, such as
            `*_mask.png` and `previews`; one with a slash is of whole paths, such as
            `train/*/old`. `*` stands for any letters, `?` for one, `[ab]` for a or b.
        corrections: a CSV file below the project, or its whole path, that excludes or
            relabels images: `path` (below `root`), `action` (`exclude` or `relabel`),
            `task`, `class`, `reason`; null for none.
        conflicts: what happens to one picture under two classes of a multiclass task.
        seed: of the draw among images without any class.
    """

    __pydantic_config__ = STRICT

    root: Annotated[str, Field(min_length=1)]
    layout: Annotated[str, name_in("prepare/layouts")]
    levels: Annotated[tuple[Level, ...], AfterValidator(_name_tasks_once)]
    parts: Annotated[Mapping[str, Part], KEYS_SEEN_BY_DVC]
    table: str | None
    tables: Annotated[Mapping[str, str], KEYS_SEEN_BY_DVC]
    delimiter: Annotated[str, AfterValidator(_delimiter)] | None
    columns: tuple[str, ...] | None
    tasks: tuple[TaskName, ...] | None
    multilabel: tuple[TaskName, ...]
    separator: Annotated[str, Field(min_length=1)]
    one_hot: Annotated[Mapping[TaskName, OneHot], KEYS_SEEN_BY_DVC]
    class_names: Annotated[Mapping[str, str], KEYS_SEEN_BY_DVC]
    classes: tuple[str, ...]
    unlabelled: (
        Annotated[int, Field(ge=0)]
        | Annotated[float, Field(ge=0, le=1)]
        | Literal["all"]
    )
    group: Annotated[str, Field(min_length=1)] | None
    group_pattern: Annotated[str, AfterValidator(_compile)] | None
    slices: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...], AfterValidator(_different)
    ]
    exclude: tuple[Annotated[str, Field(pattern="[^/]")], ...]
    corrections: Annotated[str, Field(min_length=1)] | None
    conflicts: Literal["fail", "drop"]
    seed: Seed

    @property
    def known_tasks(self) -> tuple[str, ...] | None:
        """The task names, where the parameters alone tell them."""
        if self.layout == "folders":
            return tuple(
                level
                for level in self.levels
                if level not in (PART_LEVEL, SKIPPED, self.group, *self.slices)
            )
        if self.layout == "voc":
            return (VOC_TASK,)
        if self.tasks is not None or self.columns is None:
            return self.tasks
        return self.tasks_among(self.columns)

    def tasks_among(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return the tasks of a table where no parameter but `columns` names them."""
        no_tasks = {PATH_COLUMN, PART_LEVEL, SKIPPED, self.group, *self.slices}
        no_tasks.update(*self.one_hot_among(columns).values())
        return (*(name for name in columns if name not in no_tasks), *self.one_hot)

    def one_hot_among(self, columns: Sequence[str]) -> dict[str, list[str]]:
        """Return the columns that are classes of a task, by task."""
        return {
            task: [
                name
                for name in columns
                if name != PATH_COLUMN
                and any(name == each or fnmatchcase(name, each) for each in patterns)
            ]
            for task, patterns in self.one_hot.items()
        }

    @property
    def tasks_of_several(self) -> tuple[str, ...]:
        """Tasks of a table of which an image has any number of classes."""
        return (*self.multilabel, *self.one_hot)
