"""What is wrong with the `data` section as a whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headswap.params.data import PART_LEVEL, PATH_COLUMN, SKIPPED, Section

# What a layout does not read, and so has to be left as it is without it.
COLUMN_SETTINGS: dict[str, Any] = {
    "table": None,
    "tables": {},
    "delimiter": None,
    "columns": None,
    "tasks": None,
    "multilabel": (),
    "separator": "|",
    "one_hot": {},
    "class_names": {},
}
NOT_READ = {
    "folders": COLUMN_SETTINGS,
    "voc": COLUMN_SETTINGS | {"group": None, "slices": ()},
}
# What to do instead, where there is something.
INSTEAD = {
    ("folders", "tasks"): "Name the tasks in data.levels, and skip a level with _.",
    ("voc", "group"): "Use data.group_pattern.",
}


def find_faults(data: Section, where: str) -> list[str]:
    """Return the faults that only several parameters of the section can show."""
    faults = []
    if data.root.startswith("~"):
        faults.append(
            f"{where}: data.root must be written out, for DVC does not know what ~ "
            f"stands for, got {data.root!r}. Set data.root={_without_tilde(data.root)}."
        )
    for name, unset in NOT_READ.get(data.layout, {}).items():
        value = getattr(data, name)
        if value != unset:
            faults.append(
                f"{where}: data.{name} must be {_as_yaml(unset)} for the "
                f"layout {data.layout}, which does not read it, got "
                f"{_as_lists(value)!r}. "
                + INSTEAD.get(
                    (data.layout, name),
                    f"Put it back in {where}, or set data.layout=csv.",
                )
            )
    several = data.layout == "voc" or data.tasks_of_several
    if data.unlabelled != "all" and not several:
        faults.append(
            f"{where}: data.unlabelled must be all where no task has several labels, "
            f"got {data.unlabelled}. Set it to all, or name such tasks of a table in "
            "data.multilabel."
        )
    if data.group is not None and data.group_pattern is not None:
        faults.append(
            f"{where}: data.group and data.group_pattern must not both be given, got "
            f"{data.group!r} and {data.group_pattern!r}. Set one of them to null."
        )
    if data.group in (PART_LEVEL, PATH_COLUMN, SKIPPED, *(data.tasks or ())):
        faults.append(
            f"{where}: data.group must be no path, part or task, got {data.group!r}. "
            "Name the level or column that says what belongs together."
        )
    if data.layout == "folders" and data.group not in (None, *data.levels):
        faults.append(
            f"{where}: data.group must be one of data.levels, "
            f"{', '.join(data.levels)}, got {data.group!r}. Name the level there."
        )
    faults += _slice_faults(data, where)
    unnamed = set(data.one_hot) - set(data.tasks or data.one_hot)
    faults += [
        f"{where}: data.tasks must name the task {task} of data.one_hot too, got "
        f"{list(data.tasks or ())}. Add it there, or take it out of data.one_hot."
        for task in sorted(unnamed)
    ]
    if data.known_tasks == ():
        faults.append(
            f"{where}: data must name a task besides "
            f"{' and '.join(filter(None, (data.group, *data.slices)))}, got none. Add "
            "its level or column."
        )
    return faults


def _slice_faults(data: Section, where: str) -> list[str]:
    no_slices = (PART_LEVEL, PATH_COLUMN, SKIPPED, *(data.tasks or ()), *data.one_hot)
    faults = [
        f"{where}: data.slices must name no path, part or task, got {name!r}. Name "
        "what images differ in, such as a camera."
        for name in data.slices
        if name in no_slices
    ]
    if data.layout == "folders":
        faults += [
            f"{where}: data.slices must be among data.levels, "
            f"{', '.join(data.levels)}, got {name!r}. Name the level there."
            for name in data.slices
            if name not in data.levels
        ]
    return faults


def _as_lists(value: Any) -> Any:
    """Return a value with the lists that tuples were in params.yaml."""
    if isinstance(value, Mapping):
        return {name: _as_lists(each) for name, each in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _as_yaml(unset: Any) -> str:
    """Return a value as it stands in params.yaml where nothing is set."""
    if unset is None:
        return "null"
    return "[]" if unset == () else str(unset)


def _without_tilde(path: str) -> str:
    """Return a path with the home folder it stands for, or an example."""
    try:
        return str(Path(path).expanduser())
    except RuntimeError:  # Nobody is called so.
        return "/path/to/pictures"
