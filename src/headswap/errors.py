"""The one error a user can cause, and the one form it is reported in.

`<where>: <what> must be <expected>, got <value>. <how to fix>.`, one line an offender,
all offenders at once.
"""

from collections.abc import Sequence

MAX_LISTED = 10


class InputError(ValueError):
    """Something the user gave (parameters, files, labels) cannot be worked with."""


def listed(offenders: Sequence[object]) -> str:
    """Return the first ten offenders and how many more there are, as one phrase."""
    shown = ", ".join(str(offender) for offender in offenders[:MAX_LISTED])
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
