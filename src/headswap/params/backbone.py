"""The `backbone` section: which network turns a picture into features."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from headswap import registry
from headswap.params._types import STRICT, Count

IMAGENET = "imagenet"
RANDOM = "none"
FILE_ENDING = ".keras"
BACKBONES = "features/backbones"


@dataclass(frozen=True)
class Network:
    """One network of `backbone.name`.

    Attributes:
        source: a file in `features/backbones/`, or the path of a `.keras` file.
        image_size: side it gets its pictures in, in pixels; None for what the file
            says or else `prepare.image_size`.
        key: its name where folders and layers are named after it, which holds nothing
            but ASCII letters, digits, underscores and hyphens: `vgg16-at-224`.
    """

    source: str
    image_size: int | None
    key: str

    @property
    def is_file(self) -> bool:
        """Whether it is the user's own, with weights and preprocessing in one file."""
        return self.source.endswith(FILE_ENDING)

    @property
    def is_from_scratch(self) -> bool:
        """Whether it comes without pretrained weights."""
        return not self.is_file and registry.states(
            BACKBONES, self.source, "FROM_SCRATCH"
        )


def _parse(name: str, image_size: int | None = None) -> Network:
    """Return what `source` or `source@image_size` stands for.

    Args:
        name: as in params.yaml.
        image_size: where the name has none.
    """
    source, own = name, None
    if match := re.fullmatch("(.+)@([1-9][0-9]*)", name):
        source, own = match[1], int(match[2])
    text = Path(source).name + (f"-at-{own}" if own else "")
    key = re.sub("[^A-Za-z0-9_]+", "-", text).strip("-_")
    return Network(source, own or image_size, key)


def _known(name: str) -> str:
    network, choices = _parse(name), registry.names(BACKBONES)
    if not network.is_file and network.source not in choices:
        raise ValueError(
            f"one of {', '.join(choices)} or the path of a {FILE_ENDING} file, with "
            "@ and a size behind it if need be"
        )
    return name


def _once_each(names: tuple[str, ...]) -> tuple[str, ...]:
    keys = [_parse(name).key for name in names]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"a list without repeats ({', '.join(twice)} stands twice)")
    return names


Name = Annotated[str, AfterValidator(_known)]


@dataclass(frozen=True)
class Section:
    """The network below the heads.

    Attributes:
        name: a file in `features/backbones/`, or the path of a `.keras` file of your
            own (README.md says what it has to be); `@` and a number behind it is an
            `image_size` for it alone. A list of them is an ensemble.
        weights: `imagenet`, `none` (random) or the path of a weights file. A `.keras`
            file has its own, and stands beside `imagenet` only.
        image_size: side the network gets its pictures in, in pixels, at most
            `prepare.image_size`; null for that, or for what a `.keras` file asks for.
        pooling: how a feature map becomes a vector.
        unfreeze: how many of the last layers are trained, or `all`. `last_block` and
            `last_two` are those above the last, or last but one, place where one
            tensor crosses that an addition, a concatenation or a pooling has made;
            stretches without a kernel to train do not count.
        train_batch_norm: batch normalisation above the cut learns its statistics anew;
            a network with random weights always does.
        learning_rate: of unfrozen pretrained layers and the heads together, once the
            heads alone have been fitted; the highest, for it warms up over an epoch and
            then falls to nothing.
        epochs: of that.
    """

    __pydantic_config__ = STRICT

    name: (
        Name
        | Annotated[tuple[Name, ...], Field(min_length=1), AfterValidator(_once_each)]
    )
    weights: Annotated[str, Field(min_length=1)]
    image_size: Count | None
    pooling: Literal["average", "max", "power_mean"]
    unfreeze: Annotated[int, Field(ge=0)] | Literal["last_block", "last_two", "all"]
    train_batch_norm: bool
    learning_rate: Annotated[float, Field(gt=0)]
    epochs: Count

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks, one or several, each with its own image size."""
        names = (self.name,) if isinstance(self.name, str) else self.name
        return tuple(_parse(name, self.image_size) for name in names)

    @property
    def trains_layers(self) -> bool:
        """Whether layers of a network are trained, and not its heads alone."""
        return bool(self.unfreeze) or any(n.is_from_scratch for n in self.networks)

    def starts_random(self, network: Network) -> bool:
        """Return whether one of the networks starts from random weights."""
        if network.is_file:
            return False
        # A network that nobody has trained has no ImageNet weights to ask for.
        return self.weights == RANDOM or (
            self.weights == IMAGENET and network.is_from_scratch
        )

    @property
    def files(self) -> dict[str, Path]:
        """The files that the section names, by parameter."""
        several = not isinstance(self.name, str)
        found = {
            f"backbone.name.{number}" if several else "backbone.name": Path(n.source)
            for number, n in enumerate(self.networks)
            if n.is_file
        }
        if self.weights not in (IMAGENET, RANDOM):
            found["backbone.weights"] = Path(self.weights)
        return found


def find_faults(section: Section, prepared_size: int, where: str) -> list[str]:
    """Return the faults that only several parameters side by side can show.

    Args:
        section: the `backbone` section.
        prepared_size: `prepare.image_size`.
        where: the file that they are in.
    """
    faults = []
    seen: set[tuple[str, int]] = set()
    for network in section.networks:
        size = network.image_size or prepared_size
        name = "backbone.image_size"
        if network.image_size != section.image_size:
            name = f"the size in backbone.name ({network.key})"
        if size > prepared_size:
            faults.append(
                f"{where}: {name} must be at most prepare.image_size, {prepared_size}, "
                f"got {size}. Raise prepare.image_size, or lower it."
            )
        if (network.source, size) in seen:
            faults.append(
                f"{where}: backbone.name must be a list without repeats, got "
                f"{network.source} twice at {size} pixels. Remove one, or give it "
                "another size."
            )
        seen.add((network.source, size))
        if network.is_file and section.weights != IMAGENET:
            faults.append(
                f"{where}: backbone.weights must be {IMAGENET} beside a {FILE_ENDING} "
                f"file, which has its own, got {section.weights!r}. Set it so."
            )
    return list(dict.fromkeys(faults))
