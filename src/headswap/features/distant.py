"""Rows of features, computed on a cluster by the network that this machine has cut.

The network goes out as files, with what the engine has made of it: a node needs
neither its weights nor to convert it, and computes with the same numbers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from headswap import registry
from headswap.artifacts.features.below import build_below
from headswap.artifacts.features.cache import BELOW_FILES
from headswap.features.parts import CutNetwork
from headswap.features.pictures import Pictures
from headswap.machine.backend import set_up_backend, start_keras
from headswap.machine.cluster import map_on_cluster
from headswap.machine.nodes import Needs
from headswap.params.features import Section

if TYPE_CHECKING:
    import keras

# What goes out together: as many rows as give so many bytes of features, but few
# enough that a node that dies loses little.
CHUNK_BYTES, MOST_ROWS = 16 * 2**20, 256


def compute_on_cluster(
    address: str,
    network: CutNetwork,
    pictures: Pictures,
    rows: np.ndarray,
    options: Section,
    libraries: Mapping[str, str | None],
) -> Iterator[np.ndarray]:
    """Yield the features of some rows, float32 each, in their order.

    Args:
        address: of the cluster.
        network: cut, with a part below.
        pictures: of all rows.
        rows: positions, int.
        options: how the features are computed.
        libraries: versions of those that compute.
    """
    assert network.row_shape is not None
    files = {name: network.files[name] for name in BELOW_FILES}
    below = Below(
        files,
        network.kept_by_engine(),
        network.backend,
        network.image_size,
        pictures,
        options,
    )
    find_device = partial(_find_device, options.engine, network.backend)
    needs = Needs(libraries, pictures.folders, find_device, num_cpus=None)
    row_bytes = 4 * int(np.prod(network.row_shape))
    chunk = max(1, min(MOST_ROWS, CHUNK_BYTES // row_bytes))
    return map_on_cluster(address, below.load, rows.tolist(), chunk, needs)


def _find_device(engine: str, backend: str) -> str:
    return registry.load("engines", engine).find_device(backend)


@dataclass(frozen=True)
class Below:
    """A part below a cut, and the pictures that it is for; picklable.

    Attributes:
        files: its layers and weights.
        kept: what the engine has made of it.
        backend: of Keras.
        image_size: the side of its pictures, in pixels.
        pictures: of all rows.
        options: how the features are computed.
    """

    files: Mapping[str, bytes]
    kept: Mapping[str, bytes]
    backend: str
    image_size: int
    pictures: Pictures
    options: Section

    def load(self) -> Callable[[Sequence[int]], list[np.ndarray]]:
        """Return the function from positions of rows to their features."""
        options = self.options
        engine = registry.load("engines", options.engine)
        run = engine.load(
            self._build, options.batch_size, options.precision, self._keep
        )

        def compute(rows: Sequence[int]) -> list[np.ndarray]:
            return list(run(self.pictures.at_size(np.array(rows), self.image_size)))

        return compute

    def _keep(
        self, names: Sequence[str], make: Callable[[], Mapping[str, bytes]]
    ) -> Mapping[str, bytes]:
        return {name: self.kept[name] for name in names}

    def _build(self) -> "keras.Model":
        """Return the part as a model of Keras."""
        start_keras(self.backend)
        set_up_backend(tf32=False, one_thread=False)
        with TemporaryDirectory() as folder:
            for name, content in self.files.items():
                (Path(folder) / name).write_bytes(content)
            return build_below(Path(folder))
