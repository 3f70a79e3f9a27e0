"""The files that are broken or unusual on purpose, and how each is encoded.

They are what a loader meets in folders that people filled; all others are plain.
"""

from collections.abc import Callable
from typing import NamedTuple

from PIL import Image

from draw.encoding import (
    encode,
    encode_cutout,
    encode_plain,
    encode_resaved,
    encode_truncated,
    encode_turned,
)


class OddFile(NamedTuple):
    """One file that is unusual on purpose."""

    encode: Callable[[Image.Image], bytes]
    extension: str = "jpg"
    # The number of the picture shown, if not the file's own.
    shows: int | None = None


# At most one a landmark, so that none loses more than one picture.
ODD_FILES: dict[str, OddFile] = {
    # Broken: a loader must report these and go on.
    "gothic/square_towers/05": OddFile(encode_truncated),
    "modern/curved_sail/09": OddFile(lambda _: b""),
    "pagodas/three_roofs/11": OddFile(lambda _: b"This is not a picture.\n"),
    # Readable: a loader must tell the format by the content, not by the name, ...
    "mughal/wide_tomb/03": OddFile(lambda shot: encode(shot.convert("RGB"), "WEBP")),
    # ... turn the picture upright, ...
    "neoclassical/winged_dome/07": OddFile(encode_turned),
    # ... and make three colour channels out of one, out of four, and out of a cut-out.
    "pyramids/nine_steps/02": OddFile(lambda shot: encode(shot.convert("L"))),
    "gothic/twin_spires/12": OddFile(
        lambda shot: encode(shot.convert("RGB").convert("CMYK"))
    ),
    "modern/setback_tower/04": OddFile(encode_cutout, "png"),
    # Duplicates, which must not end up in two different splits: the same bytes, and
    # the same picture in other bytes.
    "mughal/three_domes/13": OddFile(encode_plain, shows=6),
    "pagodas/nine_roofs/10": OddFile(encode_resaved, shows=1),
}
PLAIN_FILE = OddFile(encode_plain)
