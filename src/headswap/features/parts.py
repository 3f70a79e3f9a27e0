"""A network cut in two, built only when somebody needs more than its stored parts.

What is kept of a network beside features are a few facts, the parts below and above the
cut as files, and what the engine makes of the part below. The store has them under the
network's name, and then Keras is not even imported, not even to compute new features.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from headswap import registry
from headswap.machine.backend import find_gpu, set_up_backend, start_keras
from headswap.machine.speeds import speed_of_network
from headswap.machine.store import Store
from headswap.params.backbone import Network, Section
from headswap.params.features import BFLOAT16
from headswap.params.features import Section as Options

if TYPE_CHECKING:
    import keras

    from headswap.features.cut import Cut

FACTS = "facts"


class CutNetwork:
    """A network below and above the cut.

    Args:
        named: the network.
        backbone: its weights, and where it is cut.
        prepared_size: side of the prepared pictures, in pixels.
        options: the `features` section.
        backend: of Keras.
        device: that the engine computes on.
        name: a hash of everything that its features depend on beside pixels.
        store: where its parts may be.
        require_unchanged: raises where what was read is not what the name stands for.

    Attributes:
        name: as given.
        facts: for `member.json`.
        files: the parts below and above the cut, by the names of their files; none
            for a part that is empty.
    """

    def __init__(
        self,
        named: Network,
        backbone: Section,
        prepared_size: int,
        options: Options,
        backend: str,
        device: str,
        name: bytes,
        store: Store,
        require_unchanged: Callable[[], None],
    ):
        self.name = name
        self._named, self._backbone = named, backbone
        self._prepared_size, self._options = prepared_size, options
        self._backend, self._device, self._store = backend, device, store
        self._require_unchanged = require_unchanged
        facts = self.keep(
            [FACTS], lambda: {FACTS: json.dumps(self._describe()).encode()}
        )
        self._facts = json.loads(facts[FACTS])
        self.files = self.keep(self._facts["files"], self._write)

    def keep(
        self, names: Sequence[str], make: Callable[[], Mapping[str, bytes]]
    ) -> Mapping[str, bytes]:
        """Return contents that belong to this network, from the store if it has all.

        Args:
            names: of the contents.
            make: makes all of them.
        """
        return self._store.keep("networks", self.name, names, make)

    @cached_property
    def _cut(self) -> "Cut":
        start_keras(self._backend)
        import keras

        from headswap.features.cut import choose_place, divide
        from headswap.features.network import build_network
        from headswap.features.saved import require_readable

        set_up_backend(tf32=False, one_thread=False)
        # Names of layers, and so the bytes of what is written, count up in a session.
        keras.utils.clear_session()
        network = build_network(self._named, self._backbone, self._prepared_size)
        # What was read is in memory now, and may be replaced.
        self._require_unchanged()
        is_whole = self._named.is_from_scratch
        unfreeze = "all" if is_whole else self._backbone.unfreeze
        place, frozen = choose_place(network, unfreeze)
        for operation in network.operations:
            if operation.name in frozen:
                operation.trainable = False
        cut = divide(network, place)
        if self._named.is_file and cut.above:
            require_readable(self._named.source, cut.above.to_json())
        return cut

    def _write(self) -> dict[str, bytes]:
        """Return the files of the parts below and above the cut."""
        files = {}
        with TemporaryDirectory() as folder:
            for part, model in self._cut.parts.items():
                files[f"{part}.json"] = model.to_json().encode()
                path = Path(folder) / f"{part}.weights.h5"
                model.save_weights(path)
                files[path.name] = path.read_bytes()
        return files

    def _describe(self) -> dict[str, Any]:
        cut = self._cut
        lowest = cut.below or cut.above
        assert lowest is not None
        return {
            "files": [
                f"{part}.{ending}"
                for part in cut.parts
                for ending in ("json", "weights.h5")
            ],
            "row_shape": cut.below.output_shape[1:] if cut.below else None,
            "member": {
                "backbone": self._named.key,
                "image_size": lowest.input_shape[1],
                "cut_after": cut.layer_name,
                "parameters_below": cut.below.count_params() if cut.below else 0,
                "parameters_above": cut.above.count_params() if cut.above else 0,
                "parameters_trained": _num_trained(cut),
                "multiply_adds": sum(map(_multiply_adds, cut.parts.values())),
                "engine": self._options.engine if cut.below else None,
                "device": self._device if cut.below else None,
                "random_weights": self._backbone.starts_random(self._named),
            },
        }

    def _below(self) -> "keras.Model":
        below = self._cut.below
        assert below is not None
        return below

    @property
    def facts(self) -> Mapping[str, Any]:
        """What `member.json` says of it."""
        return self._facts["member"]

    @property
    def image_size(self) -> int:
        """The side it takes its pictures in, in pixels."""
        return self.facts["image_size"]

    @property
    def speed(self) -> list[object]:
        """What says how fast it is, for `machine/speeds`."""
        return speed_of_network(
            self._named.source,
            self.image_size,
            self._backbone.unfreeze,
            self._options.engine,
            self._options.precision,
        )

    @property
    def row_shape(self) -> tuple[int, ...] | None:
        """The shape of a feature; None where the network is cut at its input."""
        shape = self._facts["row_shape"]
        return None if shape is None else tuple(shape)

    def run(self, pictures: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Return the features of pictures, float32 each, in their order.

        Args:
            pictures: (image_size, image_size, 3) uint8 each; read when needed.
        """
        options = self._options
        if self._device.startswith("CPU") and (gpu := find_gpu()):
            print(
                f"note: features.engine: {options.engine} computes on the processor, "
                f"and there is a GPU ({gpu}). Set features.engine=keras to use it."
            )
        engine = registry.load("engines", options.engine)

        def load(
            precision: str,
        ) -> Callable[[Iterable[np.ndarray]], Iterator[np.ndarray]]:
            return engine.load(self._below, options.batch_size, precision, self.keep)

        run = load(options.precision)
        if options.precision == BFLOAT16:
            first, pictures = _look_ahead(pictures, options.batch_size)
            _say_effect(list(run(first)), list(load("float32")(first)))
        return run(pictures)


def _look_ahead(
    pictures: Iterable[np.ndarray], number: int
) -> tuple[list[np.ndarray], Iterator[np.ndarray]]:
    """Return the first pictures, and all of them."""
    remaining = iter(pictures)
    first = list(islice(remaining, number))
    return first, chain(first, remaining)


def _say_effect(rounded: Sequence[np.ndarray], exact: Sequence[np.ndarray]) -> None:
    """Print how far features in bfloat16 are from those in float32."""
    share = np.abs(np.subtract(rounded, exact)).max() / np.abs(exact).max()
    print(
        f"features.precision: bfloat16 moves the features of the first {len(exact)} "
        f"pictures by up to {share:.1%} of the largest"
    )


def _multiply_adds(model: "keras.Model") -> int:
    """Return the multiplications of weights that a picture takes.

    A kernel is applied at each place of what its layer gives. What layers without
    kernels do, and products of features, as in attention, is left out.
    """
    return sum(
        int(np.prod(weight.shape)) * int(np.prod(layer.output.shape[1:-1]))
        for layer in model.layers
        for weight in layer.weights
        if len(weight.shape) > 1
    )


def _num_trained(cut: "Cut") -> int:
    if cut.above is None:
        return 0
    return sum(int(np.prod(weight.shape)) for weight in cut.above.trainable_weights)
