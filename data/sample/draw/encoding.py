"""The bytes of a picture file, as nearly all are and as the odd ones are."""

import io
from typing import Any

from PIL import ExifTags, Image


def encode(picture: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """Encode a picture."""
    stream = io.BytesIO()
    picture.save(stream, form, **({"quality": 90} | options))
    return stream.getvalue()


def encode_plain(picture: Image.Image) -> bytes:
    """Encode a picture as nearly all are: a colour JPEG of quality 90."""
    return encode(picture.convert("RGB"))


def encode_truncated(picture: Image.Image) -> bytes:
    """Encode a JPEG and lose its second half."""
    whole = encode_plain(picture)
    return whole[: len(whole) // 2]


def encode_turned(picture: Image.Image) -> bytes:
    """Encode a JPEG stored a quarter turn to the left, with the tag that says so."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    turned = picture.convert("RGB").transpose(Image.Transpose.ROTATE_90)
    return encode(turned, exif=exif)


def encode_resaved(picture: Image.Image) -> bytes:
    """Encode what a JPEG of the picture shows once more, at a lower quality."""
    return encode(Image.open(io.BytesIO(encode_plain(picture))), quality=60)


def encode_cutout(picture: Image.Image) -> bytes:
    """Encode a PNG with a transparent sky; black is below the transparency."""
    return encode(
        Image.alpha_composite(Image.new("RGBA", picture.size), picture), "PNG"
    )
