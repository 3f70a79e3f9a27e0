"""prepare: labelled files -> one array of equal-sized pictures and their index.

In: the raw folder, by way of a layout. Out, in one folder: `images.npy` (N, size,
size, 3) uint8 RGB, `index.csv` with one row an image in the same order, `rejected.csv`
with every file left out and why, `conflicts.csv` and `conflicts.npy` with those that
are left out for their labels, `labels.json` with the tasks and class order, and
`near_duplicates.csv` with the pairs of pictures that look alike.
"""

import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from headswap import registry
from headswap.artifacts.dataset.conflicts import Conflict, write_conflicts
from headswap.artifacts.dataset.index import INDEX_COLUMNS, slice_column
from headswap.artifacts.dataset.labels import Labels, write_labels
from headswap.artifacts.dataset.near_duplicates import write_near_duplicates
from headswap.artifacts.dataset.relations import find_relations
from headswap.artifacts.dataset.tasks import LABEL_SEPARATOR, Task
from headswap.artifacts.storage.arrays import RowWriter, iterate, map_rows
from headswap.artifacts.storage.tables import PathLike, write_table
from headswap.errors import InputError, listed, raise_faults
from headswap.params import data as data_params
from headswap.params import prepare as prepare_params
from headswap.pictures.decode import Picture, UnreadableImage
from headswap.prepare.listing import Listing, Row, group_by_pattern
from headswap.prepare.meaning import meaning_faults
from headswap.prepare.near_duplicates.pairs import find_near_duplicates
from headswap.prepare.no_data import leave_out
from headswap.prepare.notes import say_depth, say_pages, say_unlabelled
from headswap.prepare.same_picture import name_pictures
from headswap.prepare.stored import fits_table, read_pictures, require_room

ID_DIGITS = 16
# Enough that two pictures of a billion hardly ever share one by chance.
HASH_DIGITS = 32
# What is kept of a picture once its pixels are written.
NO_PIXELS = np.empty(0, np.uint8)


def prepare_images(
    inputs: PathLike,
    data: data_params.Section,
    options: prepare_params.Section,
    output: PathLike,
) -> None:
    """Write the prepared folder.

    Args:
        inputs: the stage's file of `check`: which libraries decode.
        data: where the files are.
        options: what the pictures are to be like.
        output: folder to write.

    Raises:
        InputError: nothing to read, a task that means nothing, class names that cannot
            be told apart, a class of which no image can be read, or one picture under
            two classes.
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    listing = registry.load("prepare/layouts", data.layout).read(data)
    listing = leave_out(listing, data)
    listing = group_by_pattern(listing, data.group_pattern)
    raise_faults(
        task_name_faults(listing) + meaning_faults(listing) + class_name_faults(listing)
    )
    rejected = list(listing.rejected)
    kept: list[Row] = []
    pictures: list[Picture] = []
    libraries = json.loads(Path(inputs).read_text(encoding="utf-8"))["libraries"]
    paths = [row.path for row in listing.rows]
    shape = (options.image_size, options.image_size, 3)
    leaving = require_room(folder, len(paths), shape)
    read = read_pictures(listing.root, paths, options, libraries, leaving)
    with RowWriter(folder / "images.npy", shape, "uint8", len(paths)) as images:
        for row, picture in zip(listing.rows, read, strict=True):
            if isinstance(picture, UnreadableImage):
                rejected.append((row.path, str(picture)))
                continue
            images.append(picture.pixels[None])
            kept.append(row)
            pictures.append(replace(picture, pixels=NO_PIXELS))
    names = name_pictures(pictures, folder / "images.npy")
    conflicting = _conflicting_rows(listing, kept, names)
    rejected += [(kept[i].path, "same picture, other label") for i in conflicting]
    write_table(
        folder / "rejected.csv",
        ["path", "reason"],
        sorted((ascii(p)[1:-1] if not fits_table(p) else p, r) for p, r in rejected),
    )
    if conflicting and data.conflicts == "fail":
        raise InputError(
            "data.root: a picture must have one class, got "
            f"{len(conflicting)} files that show a picture under several: "
            f"{listed([kept[i].path for i in conflicting])}. Remove the wrong ones, or "
            "set data.conflicts=drop."
        )
    index = list(_index_rows(kept, pictures, names))
    write_conflicts(
        folder,
        list(listing.kinds),
        [Conflict(names[i], kept[i].path, tuple(_cells(kept[i]))) for i in conflicting],
        folder / "images.npy",
        conflicting,
    )
    if conflicting:
        _remove_images(folder / "images.npy", conflicting)
        remaining = sorted(set(range(len(kept))) - set(conflicting))
        kept, index = [kept[i] for i in remaining], [index[i] for i in remaining]
        pictures = [pictures[i] for i in remaining]
        names = [names[i] for i in remaining]
    columns = [*INDEX_COLUMNS, *listing.kinds, *map(slice_column, data.slices)]
    write_table(folder / "index.csv", columns, index)
    write_labels(folder / "labels.json", _labels(listing, kept))
    image_ids = [str(image_id) for image_id, *_ in index]
    alike = find_near_duplicates(
        folder / "images.npy", options, image_ids, names, pictures, libraries
    )
    write_near_duplicates(folder, alike)
    print(
        f"{len(kept)} images prepared, {len(rejected)} rejected (see "
        f"{folder / 'rejected.csv'}), {listing.num_skipped} hidden or system files "
        f"skipped, {listing.num_unlabelled} images without a label"
    )
    say_unlabelled(listing.kinds, kept)
    say_pages(kept, pictures)
    say_depth(kept, pictures, options.depth)


def task_name_faults(listing: Listing) -> list[str]:
    """Return one fault for each task that would hide a column of `index.csv`."""
    return [
        f"data: a task must have another name than the columns of index.csv "
        f"({', '.join(INDEX_COLUMNS)}), got {task!r}. Rename it."
        for task in listing.kinds
        if task in INDEX_COLUMNS
    ]


def class_name_faults(listing: Listing) -> list[str]:
    """Return one fault for each set of class names that look the same, and the like."""
    faults = []
    for number, (task, kind) in enumerate(listing.kinds.items()):
        names = {name for row in listing.rows for name in row.labels[number]}
        alike = defaultdict(list)
        for name in sorted(names):
            alike[unicodedata.normalize("NFKC", name).casefold().strip()].append(name)
        faults += [
            f"data.root: {task} must have class names that differ in more than case or "
            f"Unicode form, got {' and '.join(map(ascii, same))}. Rename one."
            for same in alike.values()
            if len(same) > 1
        ]
        faults += [
            f"data.root: {task} must have class names without {LABEL_SEPARATOR!r}, got "
            f"{name!r}. Rename it."
            for name in sorted(names)
            if kind == "multilabel" and LABEL_SEPARATOR in name
        ]
    return faults


def _index_rows(
    rows: Sequence[Row], pictures: Sequence[Picture], names: Sequence[str]
) -> Iterator[list[object]]:
    """Yield the rows of `index.csv`; ids of files of the same bytes are counted up."""
    times_seen: Counter[str] = Counter()
    for row, picture, name in zip(rows, pictures, names, strict=True):
        stem = picture.content_hash[:ID_DIGITS]
        times_seen[stem] += 1
        times = times_seen[stem]
        yield [
            stem if times == 1 else f"{stem}-{times}",
            row.path,
            picture.width,
            picture.height,
            picture.file_format,
            name[:HASH_DIGITS],
            picture.perceptual_hash,
            row.given_part,
            row.given_group,
            *_cells(row),
            *row.slices,
        ]


def _cells(row: Row) -> Iterable[str]:
    """Return the labels of each task as they stand in `index.csv`."""
    return map(LABEL_SEPARATOR.join, row.labels)


def _conflicting_rows(listing: Listing, kept: list[Row], names: list[str]) -> list[int]:
    """Return the rows whose picture stands under several classes of a task."""
    conflicting = set()
    for number, kind in enumerate(listing.kinds.values()):
        labels_of: dict[str, set[str]] = defaultdict(set)
        for row, name in zip(kept, names, strict=True):
            labels_of[name].update(row.labels[number])
        if kind == "multiclass":
            conflicting |= {name for name, found in labels_of.items() if len(found) > 1}
    return [i for i, name in enumerate(names) if name in conflicting]


def _remove_images(images: Path, rows: Sequence[int]) -> None:
    """Remove rows from the prepared images."""
    removed, old = set(rows), images.with_name("images.old.npy")
    images.rename(old)
    with RowWriter(images, map_rows(old).shape[1:], "uint8") as writer:
        for number, image in enumerate(iterate(old, 1)):
            if number not in removed:
                writer.append(image)
    old.unlink()


def _labels(listing: Listing, kept: Sequence[Row]) -> Labels:
    """Return the tasks, with their classes in sorted order, and their relations.

    Raises:
        InputError: a class was listed but none of its files could be read.
    """
    tasks, faults = [], []
    for number, (name, kind) in enumerate(listing.kinds.items()):
        count = Counter(label for row in listing.rows for label in row.labels[number])
        readable = {label for row in kept for label in row.labels[number]}
        faults += [
            f"data.root: {name} {label!r} must have images that can be used, got none "
            f"of {count[label]}. See rejected.csv for the reasons, or remove the class."
            for label in sorted(count)
            if label not in readable
        ]
        tasks.append(Task(name, kind, tuple(sorted(readable))))
    raise_faults(faults)
    cells = {
        task.name: [LABEL_SEPARATOR.join(row.labels[number]) for row in kept]
        for number, task in enumerate(tasks)
    }
    relations, breaks = find_relations(tasks, cells)
    for sentence in breaks:
        print(f"no tree: {sentence}")
    return Labels(tasks, relations)
