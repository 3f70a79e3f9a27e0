"""A pattern of the user's, looked for in the paths."""

import signal
from pathlib import Path

import pytest

from headswap.prepare.listing import Listing, Row, group_by_pattern


class Interrupted(Exception):
    """What the alarm raises here, as Ctrl-C raises KeyboardInterrupt."""


@pytest.mark.survives("doors")
def test_a_pattern_that_never_ends_can_be_interrupted():
    def interrupt(*_):
        raise Interrupted

    listing = Listing(
        Path(), [Row(f"{'a' * 60}b", (("oak",),))], {"kind": "multiclass"}
    )
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Interrupted):
            group_by_pattern(listing, "(a+)+$")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
