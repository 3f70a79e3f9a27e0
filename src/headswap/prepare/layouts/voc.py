"""`voc`: Pascal VOC's folders, as one multilabel task.

`JPEGImages/<id>.jpg`, `Annotations/<id>.xml` with the classes of the objects in it, and
`ImageSets/Main/<part>.txt` with the ids of each part, where there are any. An image has
the classes that occur in it.
"""

from collections.abc import Collection
from pathlib import Path
from xml.parsers import expat

from headswap.errors import InputError, listed, raise_faults
from headswap.params.data import VOC_TASK, Section
from headswap.prepare.choice import choose
from headswap.prepare.listing import Listing, Row
from headswap.prepare.no_data import is_no_data
from headswap.prepare.normal_form import composed
from headswap.prepare.walking import (
    IMAGE_SUFFIXES,
    num_unnamed_images,
    require_folder,
)

NAME_PATH = ["annotation", "object", "name"]


class MalformedAnnotation(Exception):
    """An annotation cannot be used; the message is the reason."""


def read(data: Section) -> Listing:
    """Return the images of the image sets, with the classes of their objects.

    Raises:
        InputError: a folder is missing, an id has no image or several parts, or a
            chosen class never occurs.
    """
    root = require_folder(data.root)
    files = _image_files(root)
    part_of_id = _part_of_id(root, data, files)
    annotations = {
        composed(file.stem): file
        for file in sorted((root / "Annotations").glob("*.xml"))
    }
    rows, rejected = [], []
    for image_id, part in sorted(part_of_id.items()):
        path = files[image_id]
        try:
            if image_id not in annotations:
                raise MalformedAnnotation("has no annotation")
            names = read_object_names(annotations[image_id])
        except MalformedAnnotation as reason:
            rejected.append((path, str(reason)))
            continue
        rows.append(Row(path, (tuple(sorted(set(names))),), part))
    if not any(row.labels[0] for row in rows):
        raise InputError(
            f"data.root: {root / 'Annotations'} must name the objects in the images, "
            "got none. Set data.root to a folder whose annotations do."
        )
    rows, left_out = choose(rows, {VOC_TASK: "multilabel"}, data)
    return Listing(
        root,
        sorted(rows, key=lambda row: row.path),
        {VOC_TASK: "multilabel"},
        num_unlabelled=num_unnamed_images(
            root / "JPEGImages",
            {path.removeprefix("JPEGImages/") for path in files.values()},
        )
        + len(files.keys() - part_of_id.keys()),
        rejected=rejected + left_out,
        advice="Set data.classes to several classes, or data.unlabelled=all.",
    )


def read_object_names(path: Path) -> list[str]:
    """Return the class of every object in an annotation.

    Nothing outside the file is ever read: a document type, where XML declares entities,
    is refused.

    Raises:
        MalformedAnnotation: it cannot be read, no well-formed XML, a document
            type, or an object with an empty name.
    """
    parser = expat.ParserCreate()
    open_tags: list[str] = []
    names: list[str] = []

    def refuse(*_: object) -> None:
        raise MalformedAnnotation("its annotation declares a document type")

    def start(tag: str, _: dict[str, str]) -> None:
        open_tags.append(tag)
        if open_tags == NAME_PATH:
            names.append("")

    def text(characters: str) -> None:
        if open_tags == NAME_PATH:
            names[-1] += characters

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_tags.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(path.read_bytes(), True)
    except (OSError, LookupError, ValueError, expat.ExpatError) as error:
        # Expat reports an encoding it does not know in several ways.
        raise MalformedAnnotation(f"its annotation is malformed: {error}") from error
    names = [name.strip() for name in names]
    if not all(names):
        raise MalformedAnnotation("its annotation has an object with an empty name")
    return names


def _image_files(root: Path) -> dict[str, str]:
    """Return the path of each image below the root, by its id in composed form."""
    folder = root / "JPEGImages"
    if not folder.is_dir() or not (root / "Annotations").is_dir():
        raise InputError(
            f"data.root: {root} must hold the folders JPEGImages and Annotations, got "
            f"{listed(sorted(entry.name for entry in root.iterdir()))}. Set data.root "
            "to the folder that holds them, such as VOCdevkit/VOC2012."
        )
    return {
        composed(file.stem): f"JPEGImages/{file.name}"
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in IMAGE_SUFFIXES and not is_no_data(file.name)
    }


def _part_of_id(root: Path, data: Section, files: Collection[str]) -> dict[str, str]:
    """Return the given part of every id in the image sets; "" where there are none."""
    folder = root / "ImageSets" / "Main"
    sets = {file.stem: file for file in sorted(folder.glob("*.txt"))}
    # Sets of one class ("car_train") repeat those of all; train and val those of both.
    names = [name for name in sets if name in data.parts]
    if {"train", "val"} <= set(names):
        names = [name for name in names if name != "trainval"]
    if not names:
        return dict.fromkeys(files, "")
    parts: dict[str, str] = {}
    of_several = []
    for name in sorted(names, key="trainval".__eq__):
        part = data.parts[name]
        for image_id in _read_ids(sets[name]):
            known = parts.setdefault(image_id, part)
            # Beside val alone, trainval stands for what is not in val.
            is_val = name == "trainval" and known == data.parts.get("val")
            if known != part and not is_val:
                of_several.append(image_id)
    faults = []
    missing = [image_id for image_id in parts if image_id not in files]
    if missing:
        faults.append(
            f"ImageSets/Main: every id must have an image in JPEGImages, got "
            f"{len(missing)} without: {listed(missing)}. Add the images, or remove the "
            "lines."
        )
    if of_several:
        faults.append(
            f"ImageSets/Main: every id must be in one part, got {len(of_several)} in "
            f"several: {listed(of_several)}. Remove the lines from all but one file."
        )
    raise_faults(faults)
    return parts


def _read_ids(path: Path) -> list[str]:
    """Return the ids in an image set; what stands after an id on its line is not read.

    Raises:
        InputError: the file is not UTF-8.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"ImageSets/Main: {path.name} must be a readable UTF-8 file, got {error}. "
            "Save it as UTF-8."
        ) from error
    return [composed(line.split()[0]) for line in lines if line.strip()]
