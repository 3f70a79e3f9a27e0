"""augment: varied versions of the training images, computed once.

In: the prepared folder and the split. Out: rows `images` (M, size, size, 3) uint8 and
`augmented.csv` (image_id, copy), row by row. Copy 0 is the prepared image itself and is
not stored again. An image that trains in any round is varied; the rows of an image are
used only where it trains.
"""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from headswap.artifacts.dataset.index import Index, read_index
from headswap.artifacts.dataset.split import Split, read_split
from headswap.artifacts.storage.arrays import Rows, RowWriter
from headswap.artifacts.storage.tables import PathLike, table_writer
from headswap.augment.contact_sheet import draw_contact_sheet
from headswap.augment.versions import make_versions, num_copies
from headswap.machine.disk import require_disk
from headswap.machine.parallel import map_many
from headswap.params.augment import Section

NUM_PREVIEWED = 6
# What the table says of a picture, about.
ROW_BYTES = 20


def augment_images(
    prepared: PathLike,
    split_folder: PathLike,
    options: Section,
    output: PathLike,
    sheet: PathLike,
) -> None:
    """Write the augmented folder, and a picture of some versions.

    Args:
        prepared: the prepared folder.
        split_folder: the split folder.
        options: the operations and their strengths.
        output: folder to write.
        sheet: JPEG file of the picture.
    """
    index, split = read_index(prepared), read_split(split_folder)
    images = Path(prepared) / "images"
    write_versions(images, index, split, options, output)
    Path(sheet).parent.mkdir(parents=True, exist_ok=True)
    shown = preview(images, index, split, options, NUM_PREVIEWED)
    draw_contact_sheet(sheet, shown)


def write_versions(
    images: PathLike, index: Index, split: Split, options: Section, output: PathLike
) -> None:
    """Write the augmented folder.

    Args:
        images: the prepared ones.
        index: its rows.
        split: of those rows.
        options: the operations and their strengths.
        output: folder to write.
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    copies = num_copies(options)
    rows = np.flatnonzero((split.times > 0).any(axis=0)).tolist()
    training = [(row, index.image_ids[row]) for row in rows]
    pictures = Rows([images])

    most = len(training) * copies
    num_bytes = most * (math.prod(pictures.row_shape) + ROW_BYTES)
    require_disk(folder, num_bytes, f"{most} varied pictures")
    make = partial(_make, pictures, copies, options)
    with (
        RowWriter(folder / "images", pictures.row_shape, "uint8", most) as augmented,
        table_writer(folder / "augmented.csv", ["image_id", "copy"]) as table,
    ):
        if copies == 0:
            return
        results = map_many(make, training, what="augment", unit="image")
        for (_, image_id), made in zip(training, results, strict=True):
            augmented.append(made)
            table.writerows((image_id, 1 + copy) for copy in range(copies))


def _make(
    pictures: Rows, copies: int, options: Section, training: Sequence[tuple[int, str]]
) -> list[np.ndarray]:
    """Return (copies, H, W, 3) uint8 for each (row, image id)."""
    prepared = pictures[np.array([row for row, _ in training])]
    return [
        make_versions(picture, image_id, copies, options)
        for picture, (_, image_id) in zip(prepared, training, strict=True)
    ]


def preview(
    images: PathLike, index: Index, split: Split, options: Section, num_images: int
) -> Iterator[np.ndarray]:
    """Yield (1 + copies, H, W, 3) uint8: a training image followed by its versions."""
    pictures = Rows([images])
    training_rows = np.flatnonzero(split.times[0])
    copies = min(num_copies(options), 8)
    spread = np.linspace(0, len(training_rows) - 1, num_images).astype(int)
    for row in training_rows[np.unique(spread)]:
        image = pictures[np.array([row])][0]
        if copies == 0:
            yield image[None]
            continue
        versions = make_versions(image, index.image_ids[row], copies, options)
        yield np.concatenate([image[None], versions])
