"""Names of the user's -> letters that a figure can draw, literally.

matplotlib reads mathematics between dollar signs, draws a line for each line end and a
box for each letter that its font lacks.
"""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unicodedata import category, east_asian_width

from headswap.errors import listed, one_line

# Half the width of the figure.
MAX_WIDTH = 48
# Has a box for every letter there is.
NO_LETTERS = "Last Resort"
# They only choose among forms of the letter before them.
VARIATIONS = range(0xFE00, 0xFE10)
LITERAL: dict[str, Any] = {"parse_math": False, "usetex": False}


def drawn(name: str) -> str:
    """Return a name as it is drawn: in one line, the middle of a long one left out."""
    text = "".join(letter for letter in name if ord(letter) not in VARIATIONS)
    text = one_line(text)
    if _width(text) <= MAX_WIDTH:
        return text
    start, end = _within(text, MAX_WIDTH // 2), _within(text[::-1], MAX_WIDTH // 2)
    return f"{text[:start]}\N{HORIZONTAL ELLIPSIS}{text[-end:]}"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _within(text: str, width: int) -> int:
    """Return how many letters from the start fit."""
    return next(n for n in range(len(text), -1, -1) if _width(text[:n]) <= width)


@contextmanager
def letters_of(texts: Iterable[str], path: object) -> Iterator[None]:
    """Have figures drawn inside use further fonts where the usual one lacks letters.

    Letters that no font here has are named in one note, and drawn as boxes.

    Args:
        texts: all that will be drawn.
        path: of the picture, for the note.
    """
    import matplotlib

    families, lacking = find_families(texts, matplotlib.rcParams["font.family"])
    if lacking:
        print(
            f"note: no font here has {len(lacking)} of the letters in names "
            f"({listed(lacking)}); {path} has boxes for them. Installing one that has "
            "them, such as Noto's, lets them be drawn."
        )
    with matplotlib.rc_context({"font.family": families}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


def find_families(
    texts: Iterable[str], usual: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the font families that draw texts, and the letters that none of them has.

    Args:
        texts: to draw.
        usual: families that come first.
    """
    from matplotlib.font_manager import FontProperties, findfont, fontManager

    families = list(usual)
    lacking = {ord(letter) for text in texts for letter in text}
    lacking -= _drawable(findfont(FontProperties(family=families)), lacking)
    # Looked through only where there is need: some machines have hundreds.
    fonts = [font for font in fontManager.ttflist if font.style == "normal"]
    # Of a family's fonts the regular one, where there is one, comes last and stays.
    fonts.sort(key=lambda font: font.weight in (400, "normal", "regular"))
    files = {font.name: font.fname for font in fonts} if lacking else {}
    found = {
        name: _drawable(file, lacking)
        for name, file in sorted(files.items())
        if not name.startswith(NO_LETTERS)
    }
    while any(found.values()):
        best = max(found, key=lambda name: len(found[name]))
        families.append(best)
        lacking -= found[best]
        found = {name: letters & lacking for name, letters in found.items()}
    shown = (chr(letter) for letter in sorted(lacking))
    return families, [letter for letter in shown if category(letter) != "Cf"]


def _drawable(file: str, letters: set[int]) -> set[int]:
    """Return which letters matplotlib can draw with a font."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(file)
        known = letters & font.get_charmap().keys()
        # Fonts of coloured bitmaps name letters that cannot be drawn.
        for letter in known:
            font.load_char(letter)
    except (OSError, RuntimeError):
        return set()
    return known
