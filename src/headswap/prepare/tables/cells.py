"""Cells of a table -> the classes of an image."""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from headswap.errors import MAX_LISTED, listed
from headswap.params.data import Section
from headswap.prepare.tables.flags import KINDS, has_class, kind_of, outside
from headswap.prepare.tables.pairs import as_id, bare

# What may stand between classes where `data.separator` does not.
SEPARATORS = "|,;/+& "
# As programs write several classes: `['red', 'warm']`, `["red"]`, `{'red'}`, `[1, 2]`.
_LIST = re.compile(r"\[(.*)\]|[({]((?=[\"']).*)[)}]", re.DOTALL)
_ITEM = re.compile(r"\s*(\"[^\"]*\"|'[^']*'|[^,]+)")
# What programs write, in small letters, where there is nothing.
NOTHING = {"nan", "na", "n/a", "#n/a", "<na>", "none", "null", "nil"}


class Cells:
    """Reads the classes of images, and notes what is wrong with them.

    Args:
        data: the section, which says what the cells of a task are.

    Attributes:
        ids: by task of `data.class_names` and label, where it stands first.
    """

    def __init__(self, data: Section):
        self._data = data
        self.ids: dict[str, dict[str, str]] = defaultdict(dict)
        # Of tasks with several classes a cell: whether any had, and some that had one.
        self._are_joined: dict[str, bool] = defaultdict(bool)
        self._alone: dict[str, dict[str, None]] = defaultdict(dict)
        # Of tasks with one class a cell: some that look like several.
        self._lists: dict[str, dict[str, None]] = defaultdict(dict)
        # By task, how often which label stands that may be none.
        self._nothing: dict[str, Counter[str]] = defaultdict(Counter)
        # Of tasks with a column a class: how many images have how many.
        self._have_one: dict[str, bool] = defaultdict(lambda: True)
        # And how often which cell stands there, and where it stands first.
        self._flags: dict[str, Counter[str]] = defaultdict(Counter)
        self._first: dict[tuple[str, str], str] = {}

    def read(
        self,
        task: str,
        cells: Mapping[str, str],
        one_hot: Mapping[str, Sequence[str]],
        where: str,
    ) -> tuple[str, ...]:
        """Return the classes of an image, or their ids; none where nothing is said.

        Args:
            task: whose classes they are.
            cells: of the line, by column.
            one_hot: the columns that are classes, by task.
            where: the line is.
        """
        if task in one_hot:
            return self._from_columns(task, one_hot[task], cells, where)
        cell = cells[task]
        labels = [cell]
        if task in self._data.multilabel:
            labels = self._several(task, cell)
        elif not cell:
            return ()
        elif _LIST.fullmatch(cell) and len(self._lists[task]) <= MAX_LISTED:
            self._lists[task][cell] = None
        if task in self._data.class_names:
            labels = [as_id(each) or each for each in labels]
            for label in labels:
                self.ids[task].setdefault(label, where)
        for label in labels:
            if label.lower() in NOTHING:
                self._nothing[task][label] += 1
        return tuple(sys.intern(label) for label in labels)

    def _from_columns(
        self, task: str, columns: Sequence[str], cells: Mapping[str, str], where: str
    ) -> tuple[str, ...]:
        found = []
        for column in columns:
            cell = cells[column]
            self._flags[task][cell] += 1
            if self._flags[task][cell] == 1:
                self._first[task, cell] = f"{where}: {column}"
            if has_class(cell):
                found.append(sys.intern(column))
        self._have_one[task] &= len(found) == 1
        return tuple(found)

    def faults(self) -> list[str]:
        """Return one sentence a task whose columns do not say who has the classes."""
        faults = []
        for task, numbers in self._flags.items():
            kind, others = outside(numbers)
            if others and not kind_of(numbers):
                wrong = [
                    f"{cell!r} in {numbers[cell]} (first in {self._first[task, cell]})"
                    for cell in others
                ]
                faults.append(
                    f"data.one_hot.{task}: all cells of its columns must be of one "
                    f"kind, {', '.join(KINDS)}, and most are {kind}, got "
                    f"{listed(wrong)}. Correct the cells, or take the columns out of "
                    "data.one_hot."
                )
        return faults

    def _several(self, task: str, cell: str) -> list[str]:
        if is_list := _LIST.fullmatch(cell):
            labels = list(map(bare, _ITEM.findall(is_list[1] or is_list[2] or "")))
            self._are_joined[task] = True
        else:
            labels = [label.strip() for label in cell.split(self._data.separator)]
            self._note(task, cell)
        return [label for label in labels if label]

    def _note(self, task: str, cell: str) -> None:
        if self._data.separator in cell:
            self._are_joined[task] = True
        elif cell and len(self._alone[task]) <= len(SEPARATORS):
            self._alone[task][cell] = None

    def say(self, tasks: Sequence[str]) -> None:
        """Print what cells hold that may not be meant.

        Args:
            tasks: all there are; of several, an image may have no label of one.
        """
        for task, numbers in self._nothing.items():
            may_be_empty = tasks[1:] or task in self._data.multilabel
            print(
                f"note: {numbers.total()} cells of {task} hold "
                f"{listed(list(map(repr, numbers)))}, which counts as a class. If it "
                "stands for no label, "
                + (
                    "empty these cells."
                    if may_be_empty
                    else "remove these lines, or name all other classes in "
                    "data.classes."
                )
            )
        for task, cells in self._lists.items():
            print(
                f"note: cells of {task} hold lists, each of which counts as one class, "
                f"such as {listed(list(cells))}. If an image may have several classes, "
                f"set data.multilabel=[{task}]."
            )
        for task, alone in self._alone.items():
            if alone and not self._are_joined[task]:
                others = [mark for mark in SEPARATORS if any(mark in c for c in alone)]
                remedy = f", such as data.separator={others[0]!r}" if others else ""
                print(
                    f"note: no cell of {task} holds {self._data.separator!r}, so no "
                    f"image has several classes, got {listed(list(alone))}. If they "
                    f"should, set data.separator to what is between them{remedy}."
                )
        for task, have_one in self._have_one.items():
            if have_one:
                print(
                    f"note: every image has one class of {task}, as in a multiclass "
                    "task; a column with its name would make it one"
                )
