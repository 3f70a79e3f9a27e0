"""split: the index -> who belongs together, and who is train, validation and test.

In: `index.csv`, and the pairs of near-duplicates. Out: `split.csv` and `rounds.json`,
and for people the class counts, the near-duplicates, and the pictures that stand in
several given parts. Nothing after it asks again which images belong together.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.index import Index, read_index
from headswap.artifacts.dataset.near_duplicates import read_near_duplicates
from headswap.artifacts.dataset.split import PARTS, UNUSED, Split, write_split
from headswap.artifacts.storage.tables import PathLike, write_table
from headswap.errors import MAX_LISTED, InputError, listed, raise_faults
from headswap.params.split import Section
from headswap.split.balance import training_times
from headswap.split.class_counts import NO_LABEL, count_classes, draw_class_counts
from headswap.split.groups import join_groups
from headswap.split.leaks import LEAK_COLUMNS, Leak, count_reasons, find_leaks
from headswap.split.near_duplicates import PAIR_COLUMNS, link, pair_rows, say
from headswap.split.rare import Rare, find_rare, keep_apart, other_ways, too_small
from headswap.split.rounds import Dealer

# Below this many images of a class, a figure of that class says little.
FEW_IMAGES = 10


def split_images(
    prepared: PathLike, options: Section, output: PathLike, report: PathLike
) -> None:
    """Write the split folder, and what people want to know of it.

    Args:
        prepared: the prepared folder.
        options: the `split` section.
        output: the split folder.
        report: folder for the class counts, the near-duplicates and the leaks.
    """
    index, pairs = read_index(prepared), read_near_duplicates(prepared)
    links = link(index, pairs, options.near_duplicates)
    facts = [index.pixel_hashes, index.given_groups, links.facts]
    groups = join_groups(index.image_ids, facts)
    joined = pairs if options.near_duplicates == "group" else []
    leaks = find_leaks(index, groups, joined)
    # Written first: where leaks end the stage, they are there to be read.
    folder = Path(report)
    folder.mkdir(parents=True, exist_ok=True)
    rows = pair_rows(index, pairs, links.verdicts)
    write_table(folder / "near_duplicates.csv", PAIR_COLUMNS, rows)
    write_table(folder / "leaks.csv", LEAK_COLUMNS, leaks)
    say(links)
    split = divide(index, groups, options, leaks)
    write_split(output, index.image_ids, split)
    counts = count_classes(index, split)
    write_table(folder / "classes.csv", ["task", "class", "part", "images"], counts)
    draw_class_counts(folder / "classes.png", counts)
    _say(split, counts)


def divide(
    index: Index, groups: np.ndarray, options: Section, leaks: Sequence[Leak]
) -> Split:
    """Return who is train, validation and test.

    Args:
        index: of the N images.
        groups: of each image, (N,) str.
        options: the `split` section.
        leaks: between the parts that the data set gives.

    Raises:
        InputError: with every class that does not reach every part it has to be in, or
            given parts that cannot be used.
    """
    given = np.array(index.given_parts, dtype="<U10")
    if options.method == "predefined":
        given = _usable_given_parts(index, groups, given, options, leaks)
    else:
        if (given != "").any():
            print(
                "split: the parts the data set gives are ignored; to keep them, set "
                "split.method=predefined"
            )
        given[:] = ""
    given, keeps, rare = keep_apart(index, groups, given, options)
    small = find_rare(index, groups, given, options.method)
    _refuse_a_long_tail(index, groups, options, small)
    rounds = list(Dealer(index, groups, options).rounds(given, keeps))
    parts = np.stack([drawn.parts for drawn in rounds])
    ways = other_ways(small, index, groups) if small else []
    missing = _missing_classes(index, groups, parts, options, rare, ways)
    # Those of a long tail are named in one sentence, not ten of them.
    if len(missing) > MAX_LISTED and small:
        missing = [too_small(small, index, groups)]
    raise_faults(missing)
    if len(parts) > 1 and (parts == parts[0]).all():
        print(
            f"split: the data set gives every part, so all {len(parts)} rounds "
            "(split.repeats) have the same images; only the folds within train differ"
        )
    return Split(
        groups,
        parts,
        np.stack([drawn.folds for drawn in rounds]),
        np.stack([training_times(index, row, options.balance) for row in parts]),
        tuple(drawn.facts for drawn in rounds),
    )


def _refuse_a_long_tail(
    index: Index, groups: np.ndarray, options: Section, small: Sequence[Rare]
) -> None:
    """Raise before a long search for parts in which many classes cannot all be."""
    one_label = {task.name for task in index.tasks if task.kind == "multiclass"}
    is_needed = options.rare == "fail" and options.method == "stratified"
    if is_needed and sum(each.task in one_label for each in small) > MAX_LISTED:
        raise InputError(too_small(small, index, groups))


def _usable_given_parts(
    index: Index,
    groups: np.ndarray,
    given: np.ndarray,
    options: Section,
    leaks: Sequence[Leak],
) -> np.ndarray:
    """Return the given parts, after the leaks between them are dealt with."""
    without = [index.paths[row] for row in np.flatnonzero(given == "")]
    if without:
        raise InputError(
            "split.method: every image must have a given part for predefined, got "
            f"{len(without)} without: {listed(without)}. Use stratified, or name the "
            "level or column split."
        )
    if leaks and options.leaks == "fail":
        raise InputError(
            "split.leaks: what belongs together must be in one given part, got "
            f"{len(leaks)} files with their like in another: {listed(leaks)}. Remove "
            "them, or set split.leaks to drop or report."
        )
    if leaks:
        print(
            f"split: {len(leaks)} files have their like in another given part "
            f"(see leaks.csv): {count_reasons(leaks)}"
        )
    if options.leaks == "drop":
        given = given.copy()
        last_part: dict[str, int] = {}
        for leak in leaks:
            part = PARTS.index(leak.given_part)
            last_part[leak.group] = max(last_part.get(leak.group, 0), part)
        for row, group in enumerate(groups.tolist()):
            if PARTS.index(given[row]) < last_part.get(group, 0):
                given[row] = UNUSED
    return given


def _missing_classes(
    index: Index,
    groups: np.ndarray,
    parts: np.ndarray,
    options: Section,
    rare: Sequence[Rare],
    ways: Sequence[str],
) -> list[str]:
    """Return one fault a class that is missing where it has to be.

    Every class has to train. Where one-class images are drawn by their class it has to
    be in every part; elsewhere a gap is reported and left out of the figures.
    """
    faults = []
    known = {(each.task, each.class_name) for each in rare}
    for task in index.tasks:
        targets = task.targets(index.cells[task.name])
        for number, class_name in enumerate(task.class_names):
            images = targets.images_of(number)
            missing = [
                part
                for part in PARTS
                if not (parts[:, images] == part).any(axis=1).all()
            ]
            # Where given parts forbid it, a rare class does not train for all that.
            is_settled = options.rare == "drop" or "train" not in missing
            if not missing or ((task.name, class_name) in known and is_settled):
                continue
            is_needed = options.method == "stratified" and task.kind == "multiclass"
            num_groups = len(np.unique(groups[images]))
            if "train" in missing or is_needed:
                faults.append(
                    f"split: {task.name} {class_name!r} must have images in every "
                    f"part, got none in {' and '.join(missing)} out of "
                    f"{len(images)} in all, in {num_groups} groups that stay "
                    f"together. {_remedy(num_groups, options.method, ways)}"
                )
            else:
                print(
                    f"note: {task.name} {class_name!r} has no image in "
                    f"{' and '.join(missing)}; figures there leave it out"
                )
    return faults


def _remedy(num_groups: int, method: str, ways: Sequence[str]) -> str:
    if num_groups < len(PARTS):
        others = f" Or {', or '.join(ways)}." if ways else ""
        return f"Add images that belong to none of them, or remove the class.{others}"
    if method == "predefined":
        return "Give it images there, or remove the class."
    return "Add images, remove the class, or try another split.seed."


def _say(split: Split, counts: list[tuple[str, str, str, int]]) -> None:
    """Say how large the parts are, and where they are small."""
    first = split.rounds[0]
    sizes = [
        f"{part} {first.images[part]} images in {first.groups[part]} groups"
        for part in PARTS
    ]
    print(f"split: {', '.join(sizes)}; {split.num_rounds} rounds")
    deviation = max(made.largest_deviation for made in split.rounds)
    if deviation > 1:
        print(
            f"note: a class is up to {deviation:g} images from its share in a part; no "
            "draw found that keeps groups whole and comes nearer"
        )
    # What is in no part but train has been named before.
    expected = {
        (name, label)
        for name, label, part, images in counts
        if part != "train" and images and label != NO_LABEL
    }
    for part in ("validation", "test"):
        for task in dict.fromkeys(name for name, *_ in counts):
            of_part = {
                label: images
                for name, label, of, images in counts
                if (name, of) == (task, part) and (name, label) in expected
            }
            fewest = min(of_part, key=of_part.__getitem__, default=None)
            if fewest is not None and of_part[fewest] < FEW_IMAGES:
                print(
                    f"warning: {part} has down to {of_part[fewest]} images a class of "
                    f"{task} ({fewest!r}); below {FEW_IMAGES} a class's own figures "
                    "say little"
                )
