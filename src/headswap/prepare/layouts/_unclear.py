"""Columns that became tasks by being there, and look like something else."""

from collections.abc import Collection, Sequence

from headswap.errors import InputError, listed
from headswap.params.data import Section
from headswap.prepare.layouts._cells import YES_OR_NO
from headswap.prepare.layouts._roles import BELONGS, MEASURE, PART, looks_like
from headswap.prepare.listing import Row
from headswap.prepare.meaning import words_of

BINARY = "0 or 1"


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
    roles = _roles(tasks, rows, data)
    unclear = [f"{task} ({role})" for task, role in roles.items() if role]
    if unclear:
        raise InputError(
            f"{table}: data.tasks must say what is a task where a column looks like "
            f"something else, got {listed(unclear)}. {_advice(tasks, roles, data)}."
        )
    print(f"{table}: the tasks are {', '.join(tasks)}; data.tasks chooses others")


def _roles(
    tasks: Sequence[str], rows: Collection[Row], data: Section
) -> dict[str, str]:
    """Return what each task looks like that is none, or "", by name."""
    roles, binary = {}, []
    for number, task in enumerate(tasks):
        if task not in data.tasks_of_several and task not in data.class_names:
            values = {label for row in rows for label in row.labels[number]}
            roles[task] = looks_like(task, values, len(rows))
            if {value.lower() for value in values} <= YES_OR_NO.keys():
                binary.append(task)
    named = [t for t in binary if roles[t] == PART and "is" not in words_of(t)]
    train = named if len(named) == 1 else []  # Among vehicles.
    classes = [task for task in binary if roles[task] != PART or task in train]
    return roles | (dict.fromkeys(classes, BINARY) if len(classes) > 1 else {})


def _advice(tasks: Sequence[str], roles: dict[str, str], data: Section) -> str:
    """Return what to set where some of the tasks look like something else."""
    by_role = {
        each: [task for task, role in roles.items() if role == each]
        for each in (BINARY, BELONGS, PART)
    }
    clear = [task for task in tasks if not roles.get(task)]
    likely = by_role[BINARY] or [t for t in tasks if roles.get(t) != MEASURE]
    if clear:
        advice = f"Set data.tasks=[{','.join(clear)}]"
    elif likely:
        advice = f"Set data.tasks to the tasks, such as data.tasks=[{likely[0]}]"
    else:
        advice = "Add a column of classes, and name it in data.tasks"
    if (groups := by_role[BELONGS]) and data.group is None:
        either = f", or ={', ='.join(groups[1:])}," if groups[1:] else ""
        advice += f", with data.group={groups[0]}{either} to keep its images together"
    if parts := by_role[PART]:
        either = "one of " if parts[1:] else ""
        advice += (
            f"; to read the parts, name {either}{', '.join(parts)} split in "
            "data.columns, and what stands there in data.parts"
        )
    if binary := by_role[BINARY]:
        advice += (
            f", or if an image has any of {listed(binary)}, one task of them: "
            f"+data.one_hot.labels=[{','.join(binary)}]"
        )
    return advice
