"""A bundle, loaded: pictures in, probabilities out, as training had them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from headswap.artifacts.bundle.bundle import (
    MODEL,
    Network,
    read_bundle,
)
from headswap.artifacts.bundle.neighbours import Neighbours, read_neighbours
from headswap.artifacts.dataset.labels import read_labels
from headswap.artifacts.features.cache import input_name
from headswap.artifacts.model.decisions import (
    decide_tasks,
    read_decisions,
    require_decisions_of,
    require_probabilities_of,
)
from headswap.artifacts.model.energy import are_unlike, energies
from headswap.artifacts.model.temperature import temper
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError
from headswap.machine.parallel import map_in_order
from headswap.pictures.decode import UnreadableImage, decode
from headswap.pictures.files import read_file
from headswap.pictures.resize import RESIZERS, squash
from headswap.pictures.views import VIEWS
from headswap.use.predict.above import Arrays, load_above
from headswap.use.predict.below import Run, load_below
from headswap.use.predict.said import Prediction, Said

# Pictures in memory at a time, of 320 pixels 80 MB.
_BLOCK = 256


class Predictor:
    """A bundle, ready for pictures.

    Args:
        folder: of the bundle.
        changes: what to compute otherwise than the bundle says, such as `backend`.

    Attributes:
        folder: of the bundle.
        bundle: what the bundle says, with the changes.
        tasks: that it has classes for.
        decisions: how probabilities become classes.

    Raises:
        InputError: it is no bundle, or a file of it was changed.
    """

    def __init__(self, folder: PathLike, **changes: Any):
        self.folder = Path(folder)
        self.bundle = replace(read_bundle(folder), **changes)
        labels = read_labels(self.folder / MODEL / "labels.json")
        self.tasks, self._relations = labels.tasks, labels.relations
        self.decisions = read_decisions(self.folder / MODEL)
        require_decisions_of(self.tasks, self.decisions)
        self._engines: dict[str, Run] = {}

    def predict(
        self, pictures: Iterable[PathLike | np.ndarray | bytes]
    ) -> Iterator[Prediction]:
        """Yield the prediction of each picture, in order; memory stays flat.

        Args:
            pictures: paths of files, what files hold, or (H, W, 3) uint8 RGB.
        """
        remaining = iter(enumerate(pictures))
        while block := list(islice(remaining, _BLOCK)):
            read = list(map_in_order(self.read, [picture for _, picture in block]))
            found = [each for each in read if isinstance(each, np.ndarray)]
            said = self.say(np.stack(found)) if found else Said({}, {}, [])
            place = 0
            for (number, picture), each in zip(block, read, strict=True):
                source = str(picture if isinstance(picture, PathLike) else number)
                if not isinstance(each, np.ndarray):
                    yield Prediction(source, each, {}, {})
                    continue
                yield self.prediction(source, said, place)
                place += 1

    def prediction(self, source: str, said: Said, place: int) -> Prediction:
        """Return what is said of one of several pictures, with its classes."""
        own = {name: rows[place] for name, rows in said.probabilities.items()}
        unlike = {name: bool(rows[place]) for name, rows in said.unlike.items()}
        return Prediction(
            source, None, own, self.decide(own), unlike, said.nearest[place]
        )

    def probabilities(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Return probabilities, (N, C) float64 by task, after temperature.

        They are averaged over the views.

        Args:
            pictures: (N, S, S, 3) uint8 RGB, of the bundle's `image_size`.
        """
        return self._temper([given for _, given in self._look(pictures)])

    def _look(self, pictures: np.ndarray) -> Iterator[tuple[Arrays, Arrays]]:
        """Yield features by network, and what the model gives by task, of each view."""
        for view in self.bundle.views:
            features = {
                network.name: self._features(network, VIEWS[view](pictures))
                for network in self.bundle.networks
            }
            inputs = {input_name(name): rows for name, rows in features.items()}
            given = self._model(inputs)
            require_probabilities_of(self.tasks, given, str(self.folder))
            yield features, given

    def say(self, pictures: np.ndarray) -> Said:
        """Return all there is to say of pictures, as `probabilities` takes them."""
        given, vectors = list[Arrays](), list[Arrays]()
        known = self._neighbours
        for features, each in self._look(pictures):
            given.append(each)
            if known is not None:
                vectors.append(known.vectors(features))
        unlike = {}
        for task in self.tasks:
            limit = self.decisions.energy_limits.get(task.name)
            if limit is not None:
                of_views = [energies(each[task.name], task.kind) for each in given]
                unlike[task.name] = are_unlike(np.mean(of_views, axis=0), limit)
        nearest: Sequence[str | None] = [None] * len(pictures)
        if known is not None:
            nearest = [each[0] for each in known.nearest(vectors, 1)]
        return Said(self._temper(given), unlike, nearest)

    def nearest(self, picture: np.ndarray, number: int) -> Sequence[str]:
        """Return the paths of the training pictures that one is most like, in order.

        Args:
            picture: (S, S, 3) uint8 RGB, of the bundle's `image_size`.
            number: how many at most; there are none where the bundle names none.
        """
        known = self._neighbours
        if known is None:
            return []
        of_views = [known.vectors(each) for each, _ in self._look(picture[None])]
        return known.nearest(of_views, number)[0]

    def _temper(self, of_views: Sequence[Arrays]) -> dict[str, np.ndarray]:
        found = {}
        for task in self.tasks:
            temperature = self.decisions.temperatures[task.name]
            tempered = [
                temper(each[task.name], task.kind, temperature) for each in of_views
            ]
            found[task.name] = np.mean(tempered, axis=0)
        return found

    def decide(self, probabilities: Mapping[str, np.ndarray]) -> dict[str, list[str]]:
        """Return the classes of one picture by task, from (C,) by task."""
        answers = decide_tasks(
            {name: values[None] for name, values in probabilities.items()},
            self.tasks,
            self._relations,
            self.decisions.thresholds,
            self.decisions.decode,
        )
        return {
            task.name: [task.class_names[i] for i in np.flatnonzero(answer)]
            for task in self.tasks
            for answer in answers[task.name]
        }

    def read(self, picture: PathLike | np.ndarray | bytes) -> np.ndarray | str:
        """Return a picture as prepare makes it, or the reason why there is none."""
        size, resize = self.bundle.image_size, self.bundle.resize
        if isinstance(picture, np.ndarray):
            if picture.dtype != np.uint8 or picture.shape[2:] != (3,):
                raise InputError(
                    "predict: an array must be (H, W, 3) uint8, RGB, got "
                    f"{picture.shape} {picture.dtype}. Convert it."
                )
            return RESIZERS[resize](picture, size)
        try:
            if not isinstance(picture, bytes):
                picture = read_file(Path(picture))
            return decode(picture, size, resize, self.bundle.depth).pixels
        except UnreadableImage as reason:
            return str(reason)
        except OSError as error:
            return f"cannot be opened: {error.strerror}"

    def _features(self, network: Network, pictures: np.ndarray) -> np.ndarray:
        if network.image_size != self.bundle.image_size:
            pictures = np.stack([squash(each, network.image_size) for each in pictures])
        if not network.has_below:
            return pictures
        features = np.stack(list(self._engine(network)(iter(pictures))))
        return features.astype(self.bundle.cached_dtype)

    def _engine(self, network: Network) -> Run:
        if network.name not in self._engines:
            self._engines[network.name] = load_below(
                self.folder, network.name, self.bundle
            )
        return self._engines[network.name]

    @cached_property
    def _neighbours(self) -> Neighbours | None:
        names = [network.name for network in self.bundle.networks]
        return read_neighbours(self.folder, names)

    @cached_property
    def _model(self) -> Callable[[Arrays], Arrays]:
        return load_above(self.folder / MODEL, self.bundle)
