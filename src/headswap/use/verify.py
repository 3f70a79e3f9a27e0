"""`headswap verify`: whether a bundle is what was made, and computes the same here.

Checked are the hash of every file, that nothing was added, the versions it was made
with, and the predictions of its sample, made anew.
"""

from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from headswap.artifacts.bundle.bundle import added_files, read_bundle
from headswap.artifacts.bundle.sample import read_sample
from headswap.artifacts.storage.tables import PathLike
from headswap.errors import InputError, listed, raise_faults
from headswap.use.predict.predictor import Predictor

# Of a probability.
TOLERANCE = 1e-5


def verify(folder: PathLike) -> None:
    """Check a bundle, and print what was checked.

    Other versions of libraries are named, and no fault where the predictions agree.

    Raises:
        InputError: with every file and every picture of the sample that differs.
    """
    bundle = read_bundle(folder)
    if added := added_files(folder):
        raise InputError(
            f"{folder}: the bundle must hold the files it was made with, got "
            f"{len(added)} more: {listed(added)}. Remove them, or copy it again."
        )
    print(f"{folder}: every file is as it was made")
    others = list(_other_versions(bundle.libraries))
    print(f"libraries: {listed(others) or 'the versions it was made with'}")
    sample = read_sample(folder)
    if sample is None:
        print("sample: none in it, so no prediction was made anew")
        return
    found = Predictor(folder).probabilities(sample.pictures)
    faults, worst = [], 0.0
    for task, expected in sample.probabilities.items():
        differences = np.abs(found[task] - expected).max(axis=1)
        worst = max(worst, float(differences.max()))
        # A number that is none is no small difference either.
        faults += [
            f"{folder}: picture {number} of the sample must have the probabilities of "
            f"{task} that training gave it, to {TOLERANCE:g}, got a difference of "
            f"{difference:.2g}. Install the versions it was made with."
            for number, difference in enumerate(differences)
            if not difference <= TOLERANCE
        ]
    raise_faults(faults)
    print(f"sample: {len(sample.pictures)} pictures, as in training to {worst:.1g}")


def _other_versions(libraries: Mapping[str, str]) -> Iterator[str]:
    for name, made_with in libraries.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "not installed"
        if installed != made_with:
            yield f"{name} {installed}, made with {made_with}"
