"""prepare: labelled files -> one array of equal-sized pictures and their index.

In: the raw folder, by way of a layout. Out, in one folder: `images.npy` (N, size,
size, 3) uint8 RGB, `index.csv` with one row an image in the same order, `rejected.csv`
with every file left out and why, and `labels.json` with the tasks and class order.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from headswap import registry
from headswap.arrays import RowWriter
from headswap.decode import Picture, UnreadableImage, decode
from headswap.errors import raise_faults
from headswap.index import INDEX_COLUMNS
from headswap.layouts import Listing, Row
from headswap.parallel import map_in_order
from headswap.params import data as data_params
from headswap.params import prepare as prepare_params
from headswap.tables import PathLike, table_writer, write_table
from headswap.tasks import LABEL_SEPARATOR, Task, write_labels

ID_DIGITS = 16


def prepare(
    data: data_params.Section, options: prepare_params.Section, output: PathLike
) -> None:
    """Write the prepared folder.

    Raises:
        InputError: nothing to read, or a class of which no image can be read.
    """
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    listing = registry.load("layouts", data.layout).read(data)
    rejected = list(listing.rejected)
    kept: list[Row] = []
    shape = (options.size, options.size, 3)
    names = _Names()
    with (
        RowWriter(folder / "images.npy", shape, "uint8") as images,
        table_writer(folder / "index.csv", [*INDEX_COLUMNS, *listing.kinds]) as index,
    ):
        for row, picture in _decoded(listing, options):
            if isinstance(picture, UnreadableImage):
                rejected.append((row.path, str(picture)))
                continue
            images.append(picture.pixels[None])
            index.writerow(_index_row(row, picture, names, listing))
            kept.append(row)
    write_table(folder / "rejected.csv", ["path", "reason"], sorted(rejected))
    write_labels(folder / "labels.json", _tasks(listing, kept))
    print(
        f"{len(kept)} images prepared, {len(rejected)} rejected (see "
        f"{folder / 'rejected.csv'}), {listing.num_skipped} hidden or system files "
        "skipped"
    )


def _decoded(
    listing: Listing, options: prepare_params.Section
) -> Iterator[tuple[Row, Picture | UnreadableImage]]:
    def read(row: Row) -> tuple[Row, Picture | UnreadableImage]:
        try:
            content = (listing.root / row.path).read_bytes()
            return row, decode(content, options.size, options.resize)
        except UnreadableImage as reason:
            return row, reason
        except OSError as error:
            return row, UnreadableImage(f"cannot be opened: {error.strerror}")

    results = map_in_order(read, listing.rows)
    yield from tqdm(results, "prepare", len(listing.rows), unit="image")


class _Names:
    """Gives each image its id and its group, in the order they come."""

    def __init__(self) -> None:
        self._times_seen: Counter[str] = Counter()
        self._group_of_pixels: dict[str, str] = {}

    def of(self, picture: Picture) -> tuple[str, str]:
        stem = picture.content_hash[:ID_DIGITS]
        self._times_seen[stem] += 1
        times = self._times_seen[stem]
        image_id = stem if times == 1 else f"{stem}-{times}"
        group = self._group_of_pixels.setdefault(picture.pixel_hash, image_id)
        return image_id, group


def _index_row(
    row: Row, picture: Picture, names: _Names, listing: Listing
) -> list[object]:
    return [
        *names.of(picture),
        row.path,
        picture.width,
        picture.height,
        picture.file_format,
        row.given_part,
        *(LABEL_SEPARATOR.join(row.labels[task]) for task in listing.kinds),
    ]


def _tasks(listing: Listing, kept: list[Row]) -> list[Task]:
    """Return the tasks with their classes in sorted order.

    Raises:
        InputError: a class was listed but none of its files could be read.
    """
    tasks, faults = [], []
    for name, kind in listing.kinds.items():
        listed = Counter(label for row in listing.rows for label in row.labels[name])
        readable = {label for row in kept for label in row.labels[name]}
        faults += [
            f"data.root: {name} {label!r} must have images that can be read, got none "
            f"of {count}. See rejected.csv for the reasons, or remove the class."
            for label, count in sorted(listed.items())
            if label not in readable
        ]
        tasks.append(Task(name, kind, tuple(sorted(readable))))
    raise_faults(faults)
    return tasks
