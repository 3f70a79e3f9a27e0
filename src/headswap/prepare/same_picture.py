"""Which files show the same picture: one rule, for conflicts and for groups.

Files decoded to pixels show the same picture where those are equal. A JPEG that was
decoded to boxes has no pixels to compare with those of another file or another size of
boxes; there the perceptual hashes nearly agree, and so do the prepared images.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from headswap.artifacts.storage.arrays import Rows
from headswap.artifacts.storage.tables import PathLike
from headswap.pictures.decode import Picture

# Bits of 256. Pixels and boxes of a picture of 12 megapixels differ in at most 4, two
# photographs of monuments, scenes or everyday things in at least 74.
MAX_BITS = 8
# Grey levels, on average: colours and contrast, of which the hash says nothing.
MAX_DIFFERENCE = 4.0


def name_pictures(pictures: Sequence[Picture], images: PathLike) -> list[str]:
    """Return the picture that each file shows: the pixel hash of the first that does.

    Args:
        pictures: what the N files were decoded to; their pixels are not asked for.
        images: the prepared folder of rows, of the same N.
    """
    names = [picture.pixel_hash for picture in pictures]
    boxed_sides = {_sides(picture) for picture in pictures if picture.box > 1}
    if not boxed_sides:
        return names
    # Imported where large JPEGs are: it takes as long as hundreds of small pictures.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first_row: dict[str, int] = {}
    for row, picture in enumerate(pictures):
        if picture.perceptual_hash and _sides(picture) in boxed_sides:
            first_row.setdefault(picture.pixel_hash, row)
    rows = list(first_row.values())
    compared = [pictures[row] for row in rows]
    links = [
        (first, second)
        for first, second in _near_pairs(compared)
        if max(compared[first].box, compared[second].box) > 1
        and _look_alike(images, np.array([rows[first], rows[second]]))
    ]
    starts, ends = np.array(links, int).reshape(-1, 2).T
    graph = coo_array((np.ones(len(links), bool), (starts, ends)), (len(rows),) * 2)
    _, numbers = connected_components(graph, directed=False)
    first_name: dict[int, str] = {}
    name_of = {
        picture.pixel_hash: first_name.setdefault(number, picture.pixel_hash)
        for picture, number in zip(compared, numbers.tolist(), strict=True)
    }
    return [name_of.get(name, name) for name in names]


def _sides(picture: Picture) -> tuple[int, int]:
    return picture.width, picture.height


def _look_alike(images: PathLike, rows: np.ndarray) -> bool:
    first, second = Rows([images])[rows].astype(np.int16)
    return float(np.abs(first - second).mean()) <= MAX_DIFFERENCE


def _near_pairs(pictures: Sequence[Picture]) -> list[tuple[int, int]]:
    """Return each pair of rows with equal sides and nearly equal perceptual hashes.

    Hashes that differ in so few bits agree in one of the bands that they are cut into,
    one band more than there are such bits; so only those are compared that do.
    """
    hashes = bytes.fromhex("".join(picture.perceptual_hash for picture in pictures))
    packed = np.frombuffer(hashes, np.uint8).reshape(-1, 32)
    bits, words = np.unpackbits(packed, axis=1), packed.view(np.uint64)
    found: set[tuple[int, int]] = set()
    for band in range(MAX_BITS + 1):
        # A band takes its bits from all over the hash: neighbours say much the same.
        keys = np.packbits(bits[:, band :: MAX_BITS + 1], axis=1)
        alike = defaultdict(list)
        for row, (picture, key) in enumerate(zip(pictures, keys, strict=True)):
            alike[_sides(picture), key.tobytes()].append(row)
        for members in alike.values():
            others = np.array(members)
            for place, row in enumerate(members[:-1], start=1):
                differing = np.bitwise_count(words[others[place:]] ^ words[row])
                near = others[place:][differing.sum(axis=1) <= MAX_BITS]
                found.update((row, other) for other in near.tolist())
    return sorted(found)
