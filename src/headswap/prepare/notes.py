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
    """Say where most pictures of 16 bits use so few of them that they are dark.

    Args:
        rows: that are used.
        pictures: of the rows.
        depth: that the pictures were read with.
    """
    both = zip(rows, pictures, strict=True)
    deep = [(row.path, each.largest) for row, each in both if each.largest]
    dark = [each for each in deep if each[1].bit_length() <= MOST_UNUSED]
    # A single dark one among others is a dark picture.
    if 2 * len(dark) > len(deep) and depth is None:
        largest = max(number for _, number in dark)
        bits, others = largest.bit_length(), len(deep) - len(dark)
        print(
            f"warning: {len(dark)} files of 16 bits hold no number above {largest} of "
            f"65535, and so are all dark: {listed([path for path, _ in dark])}. If the "
            f"camera has {bits} bits, set prepare.depth={bits}"
            + (f", which leaves out {others} that hold more." if others else ".")
        )
