"""A network below its cut, as a function of pictures, in the form of its engine."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from headswap import registry
from headswap.artifacts.bundle.bundle import NETWORKS, Bundle
from headswap.artifacts.features.below import build_below
from headswap.artifacts.features.cache import BELOW_FILES
from headswap.machine.backend import start_keras
from headswap.machine.fingerprint import hash_file
from headswap.machine.store import open_store

Run = Callable[[Iterable[np.ndarray]], Iterator[np.ndarray]]


def load_below(bundle_folder: Path, network: str, bundle: Bundle) -> Run:
    """Return the function from pictures, (S, S, 3) uint8, to features, float32.

    Args:
        bundle_folder: of the bundle.
        network: its name.
        bundle: what the bundle says.
    """
    folder = bundle_folder / NETWORKS / network
    facts = [hash_file(folder / name) for name in BELOW_FILES]
    name = hashlib.sha256("".join([*facts, *_versions(bundle)]).encode()).digest()

    def build() -> Any:
        start_keras(bundle.backend)
        return build_below(folder)

    engine = registry.load("engines", bundle.engine)
    with open_store() as store:
        return engine.load(
            build,
            bundle.batch_size,
            bundle.precision,
            lambda names, make: store.keep("networks", name, names, make),
        )


def _versions(bundle: Bundle) -> Sequence[str]:
    """Return what an engine's own form of a network depends on beside it."""
    from importlib.metadata import version

    return [bundle.engine, version(bundle.engine), version("keras"), bundle.backend]
