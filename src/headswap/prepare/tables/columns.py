"""What the columns of a label table are: its tasks."""

import fnmatch
import re
from collections.abc import Callable, Sequence

from headswap.errors import InputError, listed
from headswap.params.data import PATH_COLUMN, SKIPPED, Section


def task_columns(
    table: str,
    columns: Sequence[str],
    data: Section,
    earlier: Sequence[str],
    advice: Callable[[], str],
) -> list[str]:
    """Return the tasks of a table, in the order of the tables before it.

    Args:
        table: its name.
        columns: their names.
        data: the section.
        earlier: the tasks of the tables before it, if there are any.
        advice: returns a sentence, how the columns may be named.

    Raises:
        InputError: a column is missing, or a name does not fit.
    """
    tasks = list(data.tasks_among(columns) if data.tasks is None else data.tasks)
    no_tasks = [*([data.group] if data.group else []), *data.slices]
    needed = [PATH_COLUMN, *tasks, *dict.fromkeys(no_tasks)]
    lacking = [
        name for name in needed if name not in columns and name not in data.one_hot
    ]
    lacking += [name for name in data.multilabel if name not in tasks]
    lacking += [
        pattern
        for patterns in data.one_hot.values()
        for pattern in patterns
        if pattern not in columns and not fnmatch.filter(columns, pattern)
    ]
    if lacking or not tasks:
        wanted = [name for name in lacking if name != PATH_COLUMN]
        also = f" What data calls {listed(wanted)} has to be there." if wanted else ""
        raise InputError(
            f"{table}: it must have the columns {PATH_COLUMN} and one a task, got "
            f"{', '.join(columns)}{f' without {listed(lacking)}' if lacking else ''}. "
            f"{advice()}{also}"
        )
    # As in data.levels: a task's name is part of file names and of metrics' names.
    wrong = [name for name in tasks if not re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name)]
    if wrong:
        raise InputError(
            f"{table}: a task must be named by a letter and then letters, digits or _, "
            f"got {listed(list(map(repr, wrong)))}. {advice()} If they hold 0 and 1, "
            "or no and yes, name one task for all of them in data.one_hot instead."
        )
    named = [name for name in columns if name != SKIPPED]
    named += data.one_hot
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise InputError(
            f"{table}: it must have columns of different names, got {listed(twice)} "
            f"more than once. {advice()}"
        )
    unknown = [name for name in data.class_names if name not in tasks]
    if unknown:
        raise InputError(
            f"data.class_names: it must name files for tasks of {table}, "
            f"{', '.join(tasks)}, got {listed(unknown)}. Name one of these there "
            "instead, or take it out of data.class_names in params.yaml."
        )
    if earlier and set(earlier) != set(tasks):
        raise InputError(
            f"{table}: it must have the tasks of the tables before it, "
            f"{', '.join(earlier)}, got {', '.join(tasks)}. Name the tasks that all "
            "tables have in data.tasks."
        )
    return list(earlier) or tasks
