"""Columns that became tasks by being there, and look like something else."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from headswap.errors import InputError, listed
from headswap.params.data import Section
from headswap.prepare.listing import Row
from headswap.prepare.parts import example
from headswap.prepare.tables.flags import KINDS, kind_of
from headswap.prepare.tables.roles import (
    BELONGS,
    MEASURE,
    PART,
    class_columns,
    looks_like,
)


def require_clear_tasks(
    table: str, tasks: Sequence[str], rows: Collection[Row], data: Section
) -> None:
    """Check that no column became a task by being there, and print those that did.

    A task more changes how images are split, and so every figure.

    Args:
        table: the name of one with these columns.
        tasks: in the order of the labels in the rows.
        rows: of all tables.
        data: the section; what it calls a task is one.

    Raises:
        InputError: with every column that looks like something else, unless
            `data.tasks` says what the tasks are.
    """
    if data.tasks is not None or len(tasks) < 2:
        return
    cells = {
        task: {label for row in rows for label in row.labels[number] or ("",)}
        for number, task in enumerate(tasks)
        if task not in data.tasks_of_several and task not in data.class_names
    }
    roles = _roles(cells, len(rows))
    unclear = [f"{task} ({role})" for task, role in roles.items() if role]
    if unclear:
        raise InputError(
            f"{table}: data.tasks must say what is a task where a column looks like "
            f"something else, got {listed(unclear)}. "
            f"{_advice(tasks, cells, roles, data)}."
        )
    print(f"{table}: the tasks are {', '.join(tasks)}; data.tasks chooses others")


def _roles(cells: Mapping[str, Collection[str]], num_rows: int) -> dict[str, str]:
    """Return what each task looks like that is none, or "", by name.

    Args:
        cells: of the tasks, each once.
        num_rows: of the tables.
    """
    roles = {task: looks_like(task, each, num_rows) for task, each in cells.items()}
    flags = class_columns(list(cells.items()))
    for task in [task for number, task in enumerate(cells) if number in flags]:
        roles[task] = kind_of(cells[task]) or kind_of({*cells[task]} - {""})
    return roles


def _advice(
    tasks: Sequence[str],
    cells: Mapping[str, Collection[str]],
    roles: Mapping[str, str],
    data: Section,
) -> str:
    """Return what to set where some of the tasks look like something else."""
    flags = [task for task, role in roles.items() if role in KINDS]
    groups, parts = (
        [task for task, role in roles.items() if role == wanted]
        for wanted in (BELONGS, PART)
    )
    clear = [task for task in tasks if not roles.get(task)]
    others = [task for task in tasks if roles.get(task) not in (MEASURE, BELONGS)]
    likely = flags or others or groups
    if clear:
        advice = f"Set data.tasks=[{','.join(clear)}]"
    elif likely:
        advice = f"Set data.tasks to the tasks, such as data.tasks=[{likely[0]}]"
    else:
        advice = "Add a column of classes, and name it in data.tasks"
    if groups and data.group is None:
        either = f" (or {', '.join(groups[1:])})" if groups[1:] else ""
        advice += f", with data.group={groups[0]}{either} to keep its images together"
    if parts:
        either = "one of " if parts[1:] else ""
        advice += (
            f"; to read the parts, name {either}{', '.join(parts)} split in "
            "data.columns"
        )
        known = {name.casefold() for name in data.parts}
        values = {cell for task in parts for cell in cells[task] if cell}
        if unknown := sorted(v for v in values if v.casefold() not in known):
            advice += (
                ", and say in data.parts what its cells stand for, such as "
                f"`{example(unknown[0])}`"
            )
    if flags:
        other = [task for task, role in roles.items() if role and task not in flags]
        advice += _as_classes(flags, cells, tasks, clear if other else None)
    return advice


def _as_classes(
    flags: Sequence[str],
    cells: Mapping[str, Collection[str]],
    tasks: Sequence[str],
    clear: Sequence[str] | None,
) -> str:
    """Return what to set where columns that say yes or no are the classes of a task.

    Args:
        flags: the columns.
        cells: that stand in them, each once.
        tasks: all there are, whose names are taken.
        clear: the other tasks, where they have to be named too.
    """
    together: dict[str, list[str]] = defaultdict(list)
    is_one_kind = kind_of({cell for task in flags for cell in cells[task]})
    for task in flags:
        together[is_one_kind or kind_of(cells[task])].append(task)
    lacking = together.pop("", [])
    names: list[str] = []
    settings = []
    for columns in together.values():
        name = "labels"
        while name in (*tasks, *names):
            name += "_"
        names.append(name)
        settings.append(f"+data.one_hot.{name}=[{','.join(columns)}]")
    if clear is not None:
        settings.append(f"data.tasks=[{','.join([*clear, *names])}]")
    classes = [task for task in flags if task not in lacking]
    advice = ""
    if classes:
        one = "one task of them" if len(names) == 1 else "one task of those of a kind"
        advice = (
            f", or if an image has any of {listed(classes)}, {one}: "
            + " and ".join(settings)
        )
    if lacking:
        advice += f"; to have {listed(lacking)} so, fill in their empty cells"
    return advice
