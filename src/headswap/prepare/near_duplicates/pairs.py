"""Near-duplicates of a prepared folder: candidates found by their looks, and confirmed.

In: the prepared pictures and what is known of each. Out: pairs of pictures whose pixels
differ, in the order of the index. The same pictures give the same pairs, on any number
of cores.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from headswap.artifacts.dataset.near_duplicates import NearDuplicate
from headswap.artifacts.storage.arrays import Rows
from headswap.artifacts.storage.tables import PathLike
from headswap.machine.parallel import map_many
from headswap.params.prepare import Section
from headswap.pictures.decode import Picture
from headswap.prepare.near_duplicates.confirm import Agreement, agreement
from headswap.prepare.near_duplicates.looks import grey_content
from headswap.prepare.near_duplicates.search import find_candidates
from headswap.prepare.near_duplicates.stored_looks import find_looks

# Below this side a prepared picture has too little detail to confirm anything by.
MIN_SIDE = 32

# Rows of two pictures, and the sides of their originals.
_Pair = tuple[list[int], list[tuple[int, int]]]


def find_near_duplicates(
    images: PathLike,
    options: Section,
    image_ids: Sequence[str],
    names: Sequence[str],
    pictures: Sequence[Picture],
    libraries: Mapping[str, str],
) -> list[NearDuplicate]:
    """Return the pairs of pictures that look alike, of files that are not equal anyway.

    Args:
        images: the folder of rows, of N pictures.
        options: how they were prepared.
        image_ids: of the N files.
        names: of the picture that each file shows; equal where it is the same.
        pictures: what the files were decoded to; their pixels are not asked for.
        libraries: versions of those that decode and compute.
    """
    if options.image_size < MIN_SIDE:
        print(
            f"note: below a prepare.image_size of {MIN_SIDE}, pictures show too little "
            "to find near-duplicates by; none are looked for"
        )
        return []
    first_row: dict[str, int] = {}
    for row, (name, picture) in enumerate(zip(names, pictures, strict=True)):
        # What is of one colour looks like all else that is.
        if picture.perceptual_hash:
            first_row.setdefault(name, row)
    rows = np.array(list(first_row.values()), int)
    if len(rows) < 2:
        return []
    shown = [pictures[row] for row in rows.tolist()]
    sides = [(picture.width, picture.height) for picture in shown]
    looks = find_looks(images, rows, shown, options, libraries)
    candidates = find_candidates(looks)
    look_closely = partial(_look_closely, Rows([images]), options.resize)
    pairs = [
        (rows[pair].tolist(), [sides[number] for number in pair])
        for pair in candidates.pairs.tolist()
    ]
    agreements = map_many(look_closely, pairs, what="look closely", unit="pair")
    return [
        NearDuplicate(
            image_ids[first],
            image_ids[second],
            bits,
            round(found.correlation, 3),
            round(found.detail, 3),
            found.is_same,
        )
        for ((first, second), _), bits, found in zip(
            pairs, candidates.bits.tolist(), agreements, strict=True
        )
    ]


def _look_closely(images: Rows, resize: str, pairs: Sequence[_Pair]) -> list[Agreement]:
    return [
        agreement(
            *(
                grey_content(image, *own_sides, resize)
                for image, own_sides in zip(images[np.array(rows)], sides, strict=True)
            )
        )
        for rows, sides in pairs
    ]
