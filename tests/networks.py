"""How long the tests of a backbone take, as the mark they get."""

import pytest

# Large ones of other kinds; `make test` has convnext_tiny, the odd one, and the rest.
ENDURE = ("densenet121", "efficientnet_v2_s", "resnet101_v2", "xception")
SLOW = ("convnext_tiny", "resnet50")


def weight_of_network(name):
    """The mark of a test on this backbone, () for none."""
    if name in ENDURE:
        return pytest.mark.endure
    return pytest.mark.slow if name in SLOW else ()


def keep_nothing(names, make):
    """What an engine keeps of a network, made anew each time."""
    made = make()
    return {name: made[name] for name in names}
