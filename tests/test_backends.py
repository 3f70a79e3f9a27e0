"""Features and training run on every backend of Keras that is installed."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = """
import dataclasses, sys
from pathlib import Path
import keras
import numpy as np
from headswap import params
from headswap.feature_cache import read_features
from headswap.features import compute_features
from headswap.index import Index, Split
from headswap.tasks import Task
from headswap.train import train

folder, params_file = Path(sys.argv[1]), sys.argv[2]

def section(name, /, **changes):
    return dataclasses.replace(params.read(name, params_file), **changes)

backbone = section("backbone", name="mobilenet_v2", weights="none", unfreeze=3)
names = [f"image{i}" for i in range(12)]
compute_features(
    [folder / "images.npy"], [(name, 0) for name in names], backbone,
    section("features", batch_size=5), folder / "features", folder / "reusable",
)
task = Task("kind", "multiclass", ("a", "b"))
index = Index(names, names, names, [""] * 12, {"kind": ["a", "b"] * 6}, [task], [])
parts = np.array([["train"] * 6 + ["validation"] * 3 + ["test"] * 3])
train(
    read_features(folder / "features", [folder / "images.npy"]), index,
    Split(parts, (parts == "train").astype(int)),
    section("train", epochs=2, batch_size=4), backbone,
    model_folder=folder / "model", predictions_folder=folder / "predictions",
    curves_folder=folder / "curves", checkpoint_folder=folder / "checkpoints",
)
print(keras.backend.backend())
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_features_and_training_run_on(backend, repository, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (12, 32, 32, 3), np.uint8)
    np.save(tmp_path / "images.npy", images)
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), str(repository / "params.yaml")],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "PYTHONPATH": f"{repository / 'src'}{os.pathsep}"
            + os.environ.get("PYTHONPATH", ""),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split()[-1] == backend
    predicted = np.load(tmp_path / "predictions" / "kind.npy")
    assert predicted.shape == (1, 12, 2)
    np.testing.assert_allclose(predicted.sum(axis=2), 1, rtol=1e-4)
