"""The first questions as flags -> grids of parameters, to be combined.

Which strategy, which network, which head, how many pictures: each flag takes a list.
"""

import re
from collections.abc import Sequence
from itertools import product
from typing import Any

from headswap import registry
from headswap.errors import raise_faults
from headswap.params.train import UNORDERED
from headswap.use.overrides import make_override
from headswap.use.recipe import Grid
from headswap.use.sweep.plan import ORDER

ALL = "all"
LINEAR = "linear"
ORDERS = ("coarsest_first", "finest_first")
UNFROZEN = ("last_block", "last_two", "all")
IMAGES = "split.images"


def ask(
    strategies: str | None = None,
    orders: str | None = None,
    backbones: str | None = None,
    heads: str | None = None,
    images: str | None = None,
) -> list[Grid]:
    """Return the grids of what is asked; one empty grid where nothing is.

    Args:
        strategies: names, or `all`, which is in both orders.
        orders: names; a strategy that has none runs once.
        backbones: names.
        heads: `linear`, the units of hidden layers such as `512x64`, or what is
            unfrozen below a linear head.
        images: shares of the training images.

    Raises:
        InputError: with every word that says none of these.
    """
    faults: list[str] = []
    choices = [
        _approaches(_words(strategies), _words(orders), faults),
        [{"backbone.name": name} for name in _words(backbones)] or [{}],
        [_head(word, faults) for word in _words(heads)] or [{}],
        [{IMAGES: _share(word, faults)} for word in _words(images)] or [{}],
    ]
    raise_faults(faults)
    return [
        {
            name: make_override(name, [value])
            for settings in chosen
            for name, value in settings.items()
        }
        for chosen in product(*choices)
    ]


def _words(text: str | None) -> list[str]:
    words = [word.strip() for word in (text or "").split(",")]
    return list(dict.fromkeys(word for word in words if word))


def _approaches(
    strategies: Sequence[str], orders: Sequence[str], faults: list[str]
) -> list[dict[str, Any]]:
    known = registry.names("train/strategies")
    faults += [
        f"--strategies: a strategy must be {ALL} or one of {', '.join(known)}, got "
        f"{word!r}. Correct it."
        for word in strategies
        if word != ALL and word not in known
    ]
    faults += [
        f"--orders: an order must be one of {', '.join(ORDERS)}, got {word!r}. Name "
        "others by -S 'train.order=[task,task]'."
        for word in orders
        if word not in ORDERS
    ]
    if ALL in strategies:
        strategies, orders = known, orders or ORDERS
    if orders and strategies and set(strategies) <= set(UNORDERED):
        faults.append(
            f"--orders: a strategy with an order must be among --strategies, got "
            f"{', '.join(strategies)}. Leave --orders out."
        )
    if not strategies:
        return [{ORDER: order} for order in orders] or [{}]
    found: list[dict[str, Any]] = []
    for strategy in strategies:
        settings = {"train.strategy": strategy}
        if strategy in UNORDERED or not orders:
            found.append(settings)
        else:
            found += [{**settings, ORDER: order} for order in orders]
    return found


def _head(word: str, faults: list[str]) -> dict[str, Any]:
    if word == LINEAR:
        return {"train.hidden": [], "backbone.unfreeze": 0}
    if word in UNFROZEN:
        return {"train.hidden": [], "backbone.unfreeze": word}
    if re.fullmatch(r"[1-9]\d*(x[1-9]\d*)*", word):
        hidden = [int(units) for units in word.split("x")]
        return {"train.hidden": hidden, "backbone.unfreeze": 0}
    faults.append(
        f"--heads: a head must be {LINEAR}, units of hidden layers such as 512x64, or "
        f"what is unfrozen: {', '.join(UNFROZEN)}; got {word!r}. Correct it."
    )
    return {}


def _share(word: str, faults: list[str]) -> float:
    try:
        share = float(word)
    except ValueError:
        share = 0.0
    if 0 < share <= 1:
        return share
    faults.append(
        "--images: it must be shares of the training pictures, above 0 and up to 1, "
        f"got {word!r}. Write --images 0.25,0.5,0.75,1."
    )
    return 1.0
