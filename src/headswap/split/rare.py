"""Classes too small to be parted: fewer groups than parts they have to be in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headswap.artifacts.dataset.index import Index
from headswap.artifacts.dataset.split import PARTS, UNUSED
from headswap.errors import InputError, one_line
from headswap.params.split import Section
from headswap.split.groups import join_groups


@dataclass(frozen=True)
class Rare:
    """A class too small to be parted.

    Attributes:
        task: its name.
        class_name: of the class.
        has_class: (N,) bool, its images.
        num_groups: that they are in.
    """

    task: str
    class_name: str
    has_class: np.ndarray
    num_groups: int

    def __str__(self) -> str:
        return f"{self.task} {one_line(repr(self.class_name))}"


def find_rare(
    index: Index, groups: np.ndarray, given: np.ndarray, method: str
) -> list[Rare]:
    """Return the classes that have too few groups.

    Where parts are drawn by class, a class has to be in each; of several labels, and
    by folds, it has to train and be tested; given parts have to let it train.

    Args:
        index: of the N images.
        groups: of each image, (N,) str.
        given: the part that each image keeps, (N,) str; "" where it is free.
        method: of the `split` section.
    """
    found = []
    for task in index.tasks:
        targets = task.targets(index.cells[task.name])
        needed = len(PARTS) if task.kind == "multiclass" else 2
        if method != "stratified":
            needed = 2 if method == "folds" else 1
        for number, class_name in enumerate(task.class_names):
            has_class = np.zeros(len(targets), bool)
            has_class[targets.images_of(number)] = True
            counted = has_class & (given != UNUSED)
            if method == "predefined":
                counted &= given == "train"
            num_groups = len(np.unique(groups[counted]))
            if num_groups < needed:
                found.append(Rare(task.name, class_name, has_class, num_groups))
    return found


def keep_apart(
    index: Index, groups: np.ndarray, given: np.ndarray, options: Section
) -> tuple[np.ndarray, np.ndarray, list[Rare]]:
    """Return what becomes of the classes too small to be parted, and say it.

    Args:
        index: of the N images.
        groups: of each image, (N,) str.
        given: the part that each image keeps, (N,) str; "" where it is free.
        options: the `split` section.

    Returns:
        the given parts, in which what is dropped is unused; whether an image trains
        whatever is drawn, (N,) bool; the classes.

    Raises:
        InputError: no image would be left to be parted.
    """
    nobody = np.zeros(len(given), bool)
    rare = find_rare(index, groups, given, options.method)
    if options.rare == "fail" or not rare:
        return given, nobody, []
    if options.rare == "train":
        of_rare = np.any([each.has_class for each in rare], axis=0)
        # With all that belongs to them.
        keeps = np.isin(groups, groups[of_rare])
        if options.method == "predefined":
            keeps &= given == "train"
        _require_some(~keeps, rare, index, groups)
        _say(rare, "only train")
        return given, keeps, rare
    dropped: dict[tuple[str, str], Rare] = {}
    given = given.copy()
    while new := [each for each in rare if (each.task, each.class_name) not in dropped]:
        dropped |= {(each.task, each.class_name): each for each in new}
        for each in new:
            given[each.has_class] = UNUSED
        # Others may have become too small by it.
        rare = find_rare(index, groups, given, options.method)
    _require_some(given != UNUSED, list(dropped.values()), index, groups)
    _say(list(dropped.values()), "are left out")
    return given, nobody, list(dropped.values())


def _require_some(
    is_left: np.ndarray, rare: Sequence[Rare], index: Index, groups: np.ndarray
) -> None:
    if not is_left.any():
        raise InputError(too_small(rare, index, groups))


def _say(rare: Sequence[Rare], what: str) -> None:
    num_images = np.any([each.has_class for each in rare], axis=0).sum()
    print(
        f"split.rare: {len(rare)} classes too small to be parted {what}, with "
        f"{num_images} images: {', '.join(map(str, rare))}"
    )


def too_small(rare: Sequence[Rare], index: Index, groups: np.ndarray) -> str:
    """Return one fault that names all classes too small to be parted."""
    names = ", ".join(f"{each} ({each.num_groups})" for each in rare)
    ways = ", or ".join(["Add images", *other_ways(rare, index, groups)])
    return (
        f"split: every class must have as many groups of images as it has to be in "
        f"parts, got {len(rare)} classes with fewer: {names}. {ways}."
    )


def other_ways(rare: Sequence[Rare], index: Index, groups: np.ndarray) -> list[str]:
    """Return what leads on where no images can be added.

    Keeping small classes apart does where others are left; else there may be more
    groups than what joins images says.
    """
    of_rare = np.any([each.has_class for each in rare], axis=0)
    if not np.isin(groups, groups[of_rare]).all():
        return [
            "set split.rare to train, which keeps them out of validation and test, or "
            "to drop"
        ]
    ways = []
    given = [name for name in index.given_groups if name]
    if len(set(given)) < len(given):
        ways.append(
            "let data.group and data.group_pattern tell more groups apart, or set both "
            "to null"
        )
    known = join_groups(index.image_ids, [index.pixel_hashes, index.given_groups])
    if len(np.unique(groups)) < len(np.unique(known)):
        ways.append("set split.near_duplicates to report")
    return ways
