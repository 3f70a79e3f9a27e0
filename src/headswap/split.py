"""split: the index -> who is train, validation and test, once a repeat.

By hand, and stratified: on the finest task, or on the classes of all tasks together
where one is multilabel. Images with the same pixels (one `group`) are never drawn into
different parts.
"""

from collections import defaultdict

import numpy as np

from headswap.errors import InputError, listed, raise_faults
from headswap.index import PARTS, UNUSED, Index, Split
from headswap.params.split import Section
from headswap.stratify import draw_by_class, draw_iteratively
from headswap.tasks import finest


def split(index: Index, options: Section) -> Split:
    """Return who is train, validation and test.

    Raises:
        InputError: with every class that does not reach every part it has to be in, or
            given parts that cannot be used.
    """
    given = np.array(index.given_parts, dtype="<U10")
    if options.method == "predefined":
        given = _usable_given_parts(index, given, options)
    else:
        if (given != "").any():
            print("split: the parts the data set gives are ignored (split.method)")
        given[:] = ""
    parts = np.stack(
        [_draw(index, given, options, repeat) for repeat in range(options.repeats)]
    )
    raise_faults(_missing_classes(index, parts, is_drawn=not (given != "").any()))
    times = np.stack([_times(index, row, options.balance) for row in parts])
    return Split(parts, times)


def find_leaks(index: Index) -> list[tuple[str, str, str]]:
    """Return (group, given part, path) of the same picture in several given parts."""
    parts_of_group = defaultdict(set)
    for group, part in zip(index.groups, index.given_parts, strict=True):
        parts_of_group[group].add(part)
    rows = zip(index.groups, index.given_parts, index.paths, strict=True)
    return sorted(row for row in rows if len(parts_of_group[row[0]] - {""}) > 1)


def _usable_given_parts(
    index: Index, given: np.ndarray, options: Section
) -> np.ndarray:
    """Return the given parts, after the leaks between them are dealt with."""
    without = [index.paths[row] for row in np.flatnonzero(given == "")]
    if without:
        raise InputError(
            "split.method: every image must have a given part for predefined, got "
            f"{len(without)} without: {listed(without)}. Use stratified, or name the "
            "level or column split."
        )
    leaks = find_leaks(index)
    if leaks and options.leaks == "fail":
        raise InputError(
            "split.leaks: no picture may be in two given parts, got "
            f"{len(leaks)} files: {listed([path for _, _, path in leaks])}. Remove "
            "them, or set split.leaks to drop or report."
        )
    if leaks:
        print(f"split: {len(leaks)} files share a picture with another given part")
    if options.leaks == "drop":
        given = given.copy()
        last_part: dict[str, int] = {}
        for group, part, _ in leaks:
            last_part[group] = max(last_part.get(group, 0), PARTS.index(part))
        for row, group in enumerate(index.groups):
            if PARTS.index(given[row]) < last_part.get(group, 0):
                given[row] = UNUSED
    return given


def _draw(index: Index, given: np.ndarray, options: Section, repeat: int) -> np.ndarray:
    """Return the part of each image, (N,) str: the given one, or a drawn one."""
    parts = given.copy()
    drawn_parts = [part for part in ("test", "validation") if part not in given]
    # Parts that the data set lacks are drawn from what it calls train.
    free = np.flatnonzero((given == "") | (given == "train"))
    parts[free] = "train"
    if not drawn_parts:
        return parts
    rows_of_group = defaultdict(list)
    for row in free.tolist():
        rows_of_group[index.groups[row]].append(row)
    groups = list(rows_of_group.values())
    sizes = {part: getattr(options, part) for part in drawn_parts}
    seed = [options.seed, repeat]
    if any(task.kind == "multilabel" for task in index.tasks):
        targets = [task.encode(index.cells[task.name]) for task in index.tasks]
        drawn = draw_iteratively(groups, np.concatenate(targets, axis=1), sizes, seed)
    else:
        classes = index.cells[finest(index.tasks).name]
        drawn = draw_by_class(groups, classes, sizes, seed)
    for part, rows in drawn.items():
        parts[rows] = part
    return parts


def _missing_classes(index: Index, parts: np.ndarray, is_drawn: bool) -> list[str]:
    """Return one fault a class that is missing where it has to be.

    Every class has to train. Where one-class images are drawn it has to be in every
    part; elsewhere a gap is reported and left out of the figures.
    """
    faults = []
    for task in index.tasks:
        targets = task.encode(index.cells[task.name]).astype(bool)
        for number, class_name in enumerate(task.class_names):
            has_class = targets[:, number]
            missing = [
                part
                for part in PARTS
                if not (parts[:, has_class] == part).any(axis=1).all()
            ]
            if not missing:
                continue
            if "train" in missing or (is_drawn and task.kind == "multiclass"):
                faults.append(
                    f"split: {task.name} {class_name!r} must have images in every "
                    f"part, got none in {' and '.join(missing)} out of "
                    f"{has_class.sum()} in all (duplicates stay together). Add "
                    "images, remove the class, or lower split.validation and "
                    "split.test."
                )
            else:
                print(
                    f"note: {task.name} {class_name!r} has no image in "
                    f"{' and '.join(missing)}; figures there leave it out"
                )
    return faults


def _times(index: Index, parts: np.ndarray, balance: str) -> np.ndarray:
    """Return how often each image stands among the training rows, (N,) int.

    Raises:
        InputError: undersampling of a multilabel task.
    """
    times = (parts == "train").astype(int)
    if balance == "none":
        return times
    task = finest(index.tasks)
    targets = task.encode(index.cells[task.name]) * times[:, None]
    counts = targets.sum(axis=0)
    if balance == "oversample":
        factors = np.rint(counts.max() / counts)
        # An image with several classes follows its rarest one; one without stays.
        return times * np.maximum(1, (targets * factors).max(axis=1)).astype(int)
    if task.kind == "multilabel":
        raise InputError(
            "params.yaml: split.balance must be none or oversample for the multilabel "
            f"task {task.name}, got undersample: leaving out an image of a frequent "
            "class may leave out a rare one. Use oversample or train.class_weight."
        )
    smallest = int(counts.min())
    for number in range(task.num_classes):
        rows = np.flatnonzero(targets[:, number])
        # Evenly spaced, so that no further seed is needed.
        kept = rows[np.linspace(0, len(rows) - 1, smallest).astype(int)]
        times[np.setdiff1d(rows, kept)] = 0
    return times


def count_classes(index: Index, split: Split) -> list[tuple[str, str, str, int]]:
    """Return (task, class, part, images) of the first repeat, for every class."""
    counts = []
    for task in index.tasks:
        targets = task.encode(index.cells[task.name])
        for part in PARTS:
            per_class = targets[split.parts[0] == part].sum(axis=0)
            counts += [
                (task.name, class_name, part, int(count))
                for class_name, count in zip(task.class_names, per_class, strict=True)
            ]
    return counts
