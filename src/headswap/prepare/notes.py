"""What prepare says of pictures that are used, and not as may be thought."""

from collections import Counter
from collections.abc import Mapping, Sequence

from headswap.artifacts.dataset.tasks import Kind
from headswap.errors import listed
from headswap.pictures.decode import Picture
from headswap.prepare.listing import Row

# Pictures of which none uses more bits than this are at most a quarter as bright as
# they can be: no such camera is in doubt.
MOST_UNUSED = 14


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
    both = zip(rows, pictures, strict=True)
    paged = [(row.path, each.file_format) for row, each in both if each.num_pages > 1]
    if paged:
        counts = Counter(file_format for _, file_format in paged)
        kinds = [f"{count} {name}" for name, count in sorted(counts.items())]
        print(
            f"note: {len(paged)} files have several pages or frames, of which the "
            f"first is the picture ({', '.join(kinds)}): "
            f"{listed([path for path, _ in paged])}"
        )


def say_depth(
    rows: Sequence[Row], pictures: Sequence[Picture], depth: int | None
) -> None:
    """Say where numbers of 16 bits use so little of them that pictures are dark.

    Args:
        rows: that are used.
        pictures: of the rows.
        depth: that the pictures were read with.
    """
    both = zip(rows, pictures, strict=True)
    deep = [(row.path, each.largest) for row, each in both if each.largest]
    largest = max((number for _, number in deep), default=0)
    if largest and depth is None and largest.bit_length() <= MOST_UNUSED:
        print(
            f"warning: {len(deep)} files of 16 bits hold no number above {largest} of "
            f"65535, and so are all dark: {listed([path for path, _ in deep])}. If the "
            f"camera has {largest.bit_length()} bits, set "
            f"prepare.depth={largest.bit_length()}."
        )
