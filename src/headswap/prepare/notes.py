"""What prepare says of pictures that are used, and not as may be thought."""

from collections.abc import Mapping, Sequence

from headswap.artifacts.dataset.tasks import Kind
from headswap.errors import listed
from headswap.pictures.decode import Picture
from headswap.prepare.listing import Row


def say_unlabelled(kinds: Mapping[str, Kind], rows: Sequence[Row]) -> None:
    """Say how many images have no label of a task.

    Args:
        kinds: of the tasks, in the order of the labels.
        rows: that are used.
    """
    for number, (task, kind) in enumerate(kinds.items()):
        without = [row.path for row in rows if not row.labels[number]]
        if kind == "multiclass" and without:
            print(
                f"note: {len(without)} of {len(rows)} images have no label of {task}, "
                f"whose loss and figures leave them out: {listed(without)}"
            )


def say_pages(rows: Sequence[Row], pictures: Sequence[Picture]) -> None:
    """Say which files hold more than what is used of them."""
    paged = [
        row.path
        for row, picture in zip(rows, pictures, strict=True)
        if picture.num_pages > 1
    ]
    if paged:
        print(
            f"note: {len(paged)} TIFF files have several pages, of which the first is "
            f"the picture: {listed(paged)}"
        )
