"""A run ended at random moments goes on to the bytes of one that never was, each time.

Three of them are among the tests of the pipeline; here are sixty.
"""

import time

import pytest

from tests.clones import run_well
from tests.pipeline.interrupting import interrupt, outputs
from tests.pipeline.shapes import clone_with_shapes

# Layers are trained too, so that there are checkpoints to go on from.
SETTINGS = {
    "data.root": "data/raw",
    "prepare.image_size": 32,
    "split.repeats": 1,
    "split.validation": 1,
    "split.test": 1,
    "augment.copies": 1,
    "train.hidden": "[8]",
    "train.epochs": 3,
}


@pytest.fixture(scope="module")
def workspace(repository, tmp_path_factory):
    """A clone that has run once, the bytes of what it wrote, and how long that took."""
    folder = tmp_path_factory.mktemp("clone")
    clone_with_shapes(repository, folder)
    settings = [f"-S{name}={value}" for name, value in SETTINGS.items()]
    start = time.monotonic()
    run_well(folder, "dvc", "exp", "run", *settings, HEADSWAP_CACHE=str(folder / "s"))
    return folder, outputs(folder), time.monotonic() - start


@pytest.mark.endure
@pytest.mark.survives("interruptions", times=60)
def test_sixty_interrupted_runs_go_on_to_the_same_bytes(workspace, survived):
    for seed in range(100, 160):
        survived(interrupt(*workspace, seed))
