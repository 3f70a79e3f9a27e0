"""What a file's first bytes say it is, and what of it the pixels need.

Pillow names no format where it cannot open a file, and refuses some whole pictures for
their metadata.
"""

import re
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

PNG_START = b"\x89PNG\r\n\x1a\n"
# PNG's chunks that say what the pixels are, which way up and of which colours.
PNG_NEEDS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
PNG_USES = (b"eXIf", b"iCCP", b"sRGB", b"gAMA")
# Pillow's own limit, and that of its whole text in a file.
MAX_PROFILE_BYTES = 2**20

_STARTS = {
    "PNG": re.compile(re.escape(PNG_START)),
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "GIF": re.compile(rb"GIF8[79]a"),
    "BMP": re.compile(rb"BM.{4}\0{4}", re.DOTALL),
    "TIFF": re.compile(rb"II[*+]\0|MM\0[*+]"),
    "WEBP": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "JPEG2000": re.compile(rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  \r\n\x87\n"),
    "PPM": re.compile(rb"P[1-7]\s"),
    # These are brands of one container, the film's last because they are many.
    "AVIF": re.compile(rb".{4}ftyp(.{4}){0,8}?avi[fs]", re.DOTALL),
    "HEIC": re.compile(rb".{4}ftyp(.{4}){0,8}?(he[iv][cxms]|mif1|msf1)", re.DOTALL),
    "MP4": re.compile(rb".{4}ftyp", re.DOTALL),
    "JPEG XL": re.compile(rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"),
    "Photoshop": re.compile(rb"8BPS\0[\1\2]"),
    "PDF": re.compile(rb"%PDF-"),
}
# Known, and not read: what to do instead.
REMEDIES = {
    "HEIC": "convert it to JPEG, such as by `heif-convert` or `magick`",
    "MP4": "save the pictures of the film as JPEG or PNG",
    "JPEG XL": "convert it to PNG, such as by `djxl`",
    "Photoshop": "save it as PNG or TIFF",
    "PDF": "save its pictures as PNG, such as by `pdfimages -png`",
}
# Of TIFF: 1 stands for a smaller version of another picture.
_SUBFILE_TAG = 0x00FE
PREVIEW = (
    "its first picture is the preview of another, as in raw files of cameras; develop "
    "it to JPEG or TIFF"
)
# What Pillow's plugins raise on damaged files; RuntimeError is AVIF's. Tags of a kind
# or number that a plugin does not expect bring the last four.
DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    RuntimeError,
    struct.error,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
)


def name_format(content: bytes) -> str:
    """Return what a file is by its first bytes, or ""."""
    return next((name for name, start in _STARTS.items() if start.match(content)), "")


def why_unopened(content: bytes) -> str:
    """Return why a file is no picture that can be opened."""
    name = name_format(content)
    if name in REMEDIES:
        return f"{name} is not read: {REMEDIES[name]}"
    if name:
        return f"damaged {name}: its start cannot be read"
    return "no image format recognised"


def is_cut(content: bytes, file_format: str) -> bool:
    """Return whether a file ends too early in a way that its decoder passes over.

    That of JPEG 2000 draws what there is of the layers, down to nothing. The marker of
    the end cannot come up among the pixels, and the last tile begins before it.

    Source: ITU-T T.800, A.4.4 and B.10.1.
    """
    if file_format != "JPEG2000":
        return False
    return content.rfind(b"\xff\xd9") < content.rfind(b"\xff\x90")


def is_preview(image: Image.Image) -> bool:
    """Return whether the first picture of a TIFF shows in small what comes later in it.

    Source: TIFF 6.0, tag NewSubfileType.
    """
    kind = getattr(image, "tag_v2", {}).get(_SUBFILE_TAG, 0)
    return isinstance(kind, int) and bool(kind & 1)


def without_metadata(content: bytes) -> bytes | None:
    """Return a file without what its pixels do not need, or None if that is all of it.

    What says which way up the picture is and what its colours mean stays where it is
    sound. Only PNG and JPEG are known to lose pictures otherwise.
    """
    pieces = {"PNG": _png_pieces, "JPEG": _jpeg_pieces}.get(name_format(content))
    bare = b"".join(pieces(content)) if pieces else content
    return bare if bare != content else None


def _png_pieces(content: bytes) -> Iterator[bytes]:
    """Yield the start and the chunks that are needed.

    Source: PNG specification, 3rd edition, 5.3.
    """
    yield PNG_START
    place = len(PNG_START)
    while place < len(content):
        head = content[place : place + 8]
        length = int.from_bytes(head[:4], "big")
        chunk = content[place : place + 12 + length]
        kind, body, check = head[4:], chunk[8 : 8 + length], chunk[8 + length :]
        is_sound = check == struct.pack(">I", zlib.crc32(kind + body))
        if kind == b"iCCP":
            is_sound = is_sound and _is_small(body)
        # A letter in upper case says that nothing can be shown without the chunk.
        is_needed = kind in PNG_NEEDS or not kind[:1].islower()
        if is_needed or (kind in PNG_USES and is_sound):
            yield chunk
        place += 12 + length


def _is_small(profile: bytes) -> bool:
    """Whether the colour profile in a chunk unpacks to as much as Pillow takes."""
    _, _, packed = profile.partition(b"\0")
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(packed[1:], MAX_PROFILE_BYTES)
    except zlib.error:
        return False
    return not unpacking.unconsumed_tail


def _jpeg_pieces(content: bytes) -> Iterator[bytes]:
    """Yield the segments before the pixels that are needed, and all that follows.

    Source: ITU-T T.81, B.1.1; T.872 for Adobe's segment.
    """
    yield content[:2]
    place = 2
    while (head := content[place : place + 2])[:1] == b"\xff" and head[1:] > b"":
        marker = head[1]
        if marker == 0xDA:
            break
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        body = content[place + 4 : end]
        is_metadata = 0xE0 <= marker <= 0xEF or marker == 0xFE
        is_turn = marker == 0xE1 and body.startswith(b"Exif\0")
        is_colour = marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12
        if is_turn or is_colour or not is_metadata:
            yield content[place:end]
        place = end
    yield content[place:]
