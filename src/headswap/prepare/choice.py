"""Choosing among what a layout has read: classes, and images without any."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from headswap.artifacts.dataset.tasks import Kind
from headswap.errors import listed, raise_faults
from headswap.params.data import Section
from headswap.prepare.corrections import correct
from headswap.prepare.listing import Row
from headswap.prepare.normal_form import composed


def choose(
    rows: Sequence[Row], kinds: Mapping[str, Kind], data: Section
) -> tuple[list[Row], list[tuple[str, str]]]:
    """Return the rows kept, and (path, reason) of those left out.

    What `data.corrections` says comes first. A task that has chosen classes has no
    others: a multiclass one leaves out the images of the others, a multilabel one only
    their names. Then images without any class of a multilabel task are drawn, in the
    order of the rows, as `data.unlabelled` says.

    Raises:
        InputError: a chosen class is in no task or in several, or a correction cannot
            be made.
    """
    corrected, excluded = correct(rows, kinds, data)
    kept, left_out = _choose_classes(corrected, kinds, data)
    kept, undrawn = _draw_unlabelled(kept, kinds, data)
    return kept, excluded + left_out + undrawn


def _choose_classes(
    rows: Sequence[Row], kinds: Mapping[str, Kind], data: Section
) -> tuple[list[Row], list[tuple[str, str]]]:
    if not data.classes:
        return list(rows), []
    there = {
        task: {name for row in rows for name in row.labels[number]}
        for number, task in enumerate(kinds)
    }
    _require_in_one_task(data.classes, there)
    wanted_names = set(map(composed, data.classes))
    chosen = [
        {name for name in names if composed(name) in wanted_names}
        for names in there.values()
    ]
    rows_kept, left_out = [], []
    for row in rows:
        labels = tuple(
            tuple(label for label in found if not wanted or label in wanted)
            for found, wanted in zip(row.labels, chosen, strict=True)
        )
        each = zip(row.labels, labels, kinds.values(), strict=True)
        if all(kept or not had or kind == "multilabel" for had, kept, kind in each):
            rows_kept.append(replace(row, labels=labels))
        else:
            left_out.append((row.path, "has no chosen class"))
    return rows_kept, left_out


def _require_in_one_task(classes: Sequence[str], there: Mapping[str, set[str]]) -> None:
    faults = []
    found = {task: set(map(composed, names)) for task, names in there.items()}
    absent = [
        name
        for name in classes
        if not any(composed(name) in names for names in found.values())
    ]
    if absent:
        known = "; ".join(f"{task}: {listed(sorted(n))}" for task, n in there.items())
        faults.append(
            f"data.classes: every class must be in the labels, got {listed(absent)}, "
            f"which no image has. Choose among those there are ({known})."
        )
    for name in classes:
        tasks = [task for task, names in found.items() if composed(name) in names]
        if len(tasks) > 1:
            faults.append(
                f"data.classes: {name!r} must be a class of one task, got "
                f"{' and '.join(tasks)}. Choose other classes, or read fewer tasks."
            )
    raise_faults(faults)


def _draw_unlabelled(
    rows: list[Row], kinds: Mapping[str, Kind], data: Section
) -> tuple[list[Row], list[tuple[str, str]]]:
    multilabel = [i for i, kind in enumerate(kinds.values()) if kind == "multilabel"]
    if data.unlabelled == "all" or not multilabel:
        return rows, []
    unlabelled = [
        number
        for number, row in enumerate(rows)
        if not any(row.labels[i] for i in multilabel)
    ]
    keep = min(data.unlabelled, len(unlabelled))
    if isinstance(data.unlabelled, float):
        keep = round(data.unlabelled * len(unlabelled))
    order = np.random.default_rng(data.seed).permutation(unlabelled)
    left_out = set(order[int(keep) :].tolist())
    return (
        [row for number, row in enumerate(rows) if number not in left_out],
        [
            (rows[number].path, "has no chosen class, left out by data.unlabelled")
            for number in sorted(left_out)
        ],
    )
