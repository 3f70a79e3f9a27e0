"""The one error a user can cause, and the one form it is reported in.

`<where>: <what> must be <expected>, got <value>. <how to fix>.`, one line an offender,
all offenders at once.
"""

import io
import sys
import unicodedata
from collections.abc import Sequence

MAX_LISTED = 10
_LONGEST_REASON = 300


class InputError(ValueError):
    """Something the user gave (parameters, files, labels) cannot be worked with."""


# What would break a line, move a terminal's cursor or turn the order of letters round:
# control characters, lone surrogates, line and paragraph separators, directions.
_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
_DIRECTIONS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def one_line(text: str) -> str:
    """Return a text of the user's as it stands in a line for people.

    Letters of every script stay; what has no place in a line is escaped as Python does.
    """
    # What nearly every text is made of.
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        ascii(letter)[1:-1]
        if unicodedata.category(letter) in _CATEGORIES
        or unicodedata.bidirectional(letter) in _DIRECTIONS
        else letter
        for letter in text
    )


def in_lines(text: str) -> str:
    """Return a text of several lines as it is printed, each as `one_line` has it."""
    return "\n".join(map(one_line, text.split("\n")))


def shortened(reason: str) -> str:
    """Return the beginning of what a library says, as a line without a full stop."""
    return " ".join(reason.split())[:_LONGEST_REASON].rstrip(".")


def listed(offenders: Sequence[object]) -> str:
    """Return the first ten offenders and how many more there are, as one phrase."""
    shown = ", ".join(one_line(str(offender)) for offender in offenders[:MAX_LISTED])
    hidden = len(offenders) - MAX_LISTED
    return f"{shown} and {hidden} more" if hidden > 0 else shown


def raise_faults(faults: Sequence[str]) -> None:
    """Raise one `InputError` that lists every fault; do nothing when there is none."""
    if faults:
        shown = list(faults[:MAX_LISTED])
        hidden = len(faults) - MAX_LISTED
        if hidden > 0:
            shown.append(f"... and {hidden} more of the same kind")
        raise InputError("\n".join(shown))


def show_any_text() -> None:
    """Let what is printed hold every letter; one the output lacks is escaped.

    A terminal or a log may be in an encoding that knows few letters, and a name of a
    file may be no text at all.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Names of files are read as they are found in a folder.
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")


def in_megabytes(num_bytes: int) -> str:
    """Return a number of bytes for people."""
    return f"{num_bytes / 1e6:,.{0 if num_bytes >= 10e6 else 1}f} MB"
