"""`headswap predict`: files and folders -> a table of classes.

A row a picture, task and class: `rank` 1 is the most probable class, `chosen` says
whether the picture has it, `unlike` whether the picture is unlike those that the task
was trained on (empty where the model has no limit for that), and `nearest` which
training picture is most like it (empty where the bundle knows none). What cannot be
read has one row, with the reason. A file is whole: it takes its name when the last row
is written; where that does not come, the rows up to there are kept in `.partial`.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.tables import Output, PathLike, TableWriter
from headswap.errors import InputError, in_lines, in_megabytes
from headswap.machine.disk import free_disk
from headswap.machine.outputs import replacing
from headswap.machine.progress import progress
from headswap.use.predict.partial import keeping_rows
from headswap.use.predict.predictor import Predictor
from headswap.use.predict.said import Prediction

COLUMNS = (
    "path",
    "task",
    "rank",
    "class",
    "probability",
    "chosen",
    "unlike",
    "nearest",
    "problem",
)
STANDARD_INPUT = "-"
_DIGITS = 6


def predict_files(
    paths: Sequence[str], model: PathLike, out: str | None, top: int
) -> None:
    """Write the predictions of files.

    Args:
        paths: of files and folders; `-` reads paths from standard input, one a line.
        model: folder of the bundle.
        out: `.csv` or `.jsonl` to write; None prints CSV.
        top: classes a task that are listed at least, 1 or more.

    Raises:
        InputError: a path is missing, or there is no picture, or the output cannot be
            written.
    """
    if top < 1:
        raise InputError(f"--top: it must be 1 or more, got {top}. Leave it out for 2.")
    if out is not None and Path(out).suffix not in _WRITERS:
        raise InputError(
            f"--out: the file must end in {' or '.join(_WRITERS)}, got {out!r}. Name "
            "it so."
        )
    files = find_files(paths)
    predictor = Predictor(model)
    if out is None:
        # A program gets names as they are, a terminal could take some for commands.
        file = _Shown(sys.stdout) if sys.stdout.isatty() else sys.stdout
        _write(predictor, files, top, file, ".csv")
        return
    try:
        with replacing(out) as path, keeping_rows(path, Path(out)) as file:
            _write(predictor, files, top, file, Path(out).suffix)
    except OSError as error:
        raise InputError(
            f"--out: {out} must be a file with room to write, got: {error.strerror}, "
            f"with {in_megabytes(free_disk(out))} free on its disk. Name another, or "
            "free some and run again."
        ) from error


class _Shown:
    """Lets a terminal show text that is no command to it.

    Args:
        file: that goes to a terminal.
    """

    def __init__(self, file: TextIO):
        self._file = file

    def write(self, text: str) -> int:
        """Write text, its control characters escaped."""
        return self._file.write(in_lines(text))


def find_files(paths: Sequence[str]) -> Iterator[str]:
    """Yield the files that paths name, those of folders in order and found as needed.

    Raises:
        InputError: with every path that is neither.
    """
    missing = [
        path for path in paths if path != STANDARD_INPUT and not Path(path).exists()
    ]
    if missing:
        raise InputError(
            f"headswap predict: a path must be a file, a folder or -, got "
            f"{', '.join(map(repr, missing[:10]))}. Check the spelling."
        )
    return _walk(paths)


def _walk(paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if path == STANDARD_INPUT:
            yield from filter(None, (line.rstrip("\r\n") for line in sys.stdin))
        elif Path(path).is_dir():
            found = False
            for folder, folders, names in os.walk(path):
                folders.sort()
                for name in sorted(names):
                    # Hidden files, and what file systems leave behind.
                    if not name.startswith("."):
                        found = True
                        yield str(Path(folder, name))
            if not found:
                raise InputError(
                    f"headswap predict: a folder must hold pictures, got {path!r}, "
                    "which has no file. Name another."
                )
        else:
            yield path


def _write(
    predictor: Predictor, files: Iterator[str], top: int, file: Output, form: str
) -> None:
    write = _WRITERS[form](file)
    with progress(what="predict", total=None, unit="image") as bar:
        for prediction in predictor.predict(files):
            write(prediction, predictor.tasks, top)
            bar.update()


def _csv(file: Output) -> Callable[[Prediction, Sequence[Task], int], None]:
    table = TableWriter(file)
    table.writerow(COLUMNS)

    def write(prediction: Prediction, tasks: Sequence[Task], top: int) -> None:
        if prediction.problem is not None:
            nothing = [""] * (len(COLUMNS) - 2)
            table.writerow([prediction.source, *nothing, prediction.problem])
            return
        for task in tasks:
            ranked = _ranked(prediction, task, top)
            known = [_yes(prediction.unlike.get(task.name)), prediction.nearest or ""]
            for rank, (name, probability, is_chosen) in enumerate(ranked, 1):
                value = [f"{probability:.{_DIGITS}f}", _yes(is_chosen)]
                cells = [prediction.source, task.name, rank, name, *value, *known, ""]
                table.writerow(cells)

    return write


def _jsonl(file: Output) -> Callable[[Prediction, Sequence[Task], int], None]:
    def write(prediction: Prediction, tasks: Sequence[Task], top: int) -> None:
        facts = {"path": prediction.source, **describe(prediction, tasks, top)}
        file.write(json.dumps(facts, ensure_ascii=False) + "\n")

    return write


def _yes(answer: bool | None) -> str:
    return "" if answer is None else "yes" if answer else "no"


def describe(prediction: Prediction, tasks: Sequence[Task], top: int) -> dict[str, Any]:
    """Return what JSON says of a picture: its problem, or its classes by task.

    Args:
        prediction: of the picture.
        tasks: of the model.
        top: classes a task that are listed at least.
    """
    if prediction.problem is not None:
        return {"problem": prediction.problem}
    of_tasks = {}
    for task in tasks:
        ranked = _ranked(prediction, task, top)
        of_tasks[task.name] = {
            "classes": prediction.classes[task.name],
            "unlike": prediction.unlike.get(task.name),
            "top": [
                {"class": name, "probability": round(probability, _DIGITS)}
                for name, probability, _ in ranked
            ],
        }
    return {"tasks": of_tasks, "nearest": prediction.nearest}


def _ranked(
    prediction: Prediction, task: Task, top: int
) -> list[tuple[str, float, bool]]:
    """Return (class, probability, whether it has it), the most probable first."""
    values = prediction.probabilities[task.name]
    chosen = set(prediction.classes[task.name])
    order = np.argsort(-values, kind="stable")
    ranked = [
        (task.class_names[i], float(values[i]), task.class_names[i] in chosen)
        for i in order
    ]
    last = max([top, *(n for n, each in enumerate(ranked, 1) if each[2])])
    return ranked[:last]


_WRITERS = {".csv": _csv, ".jsonl": _jsonl}
