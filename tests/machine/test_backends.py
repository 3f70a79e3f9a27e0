"""Features and training run on every backend of Keras that is installed."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from headswap.errors import InputError
from headswap.machine import backend as machine
from tests.made import save_rows

SCRIPT = """
import dataclasses, sys
from pathlib import Path
from headswap import params
from headswap.machine.backend import start_keras

start_keras(sys.argv[3])
import keras
import numpy as np
from headswap.artifacts.features.cache import read_features
from headswap.features.stage import write_features
from headswap.artifacts.dataset.tasks import Task
from headswap.train.stage import Outputs, fit_rounds
from tests.made import make_index, make_split, save_rows

folder, params_file = Path(sys.argv[1]), sys.argv[2]

def section(name, /, **changes):
    return dataclasses.replace(params.read(name, params_file), **changes)

backend = sys.argv[3]
backbone = section("backbone", name="mobilenet_v2", weights="none", unfreeze=3)
names = [f"image{i}" for i in range(12)]
write_features(
    [folder / "images"], [(name, 0) for name in names], "origin", backbone,
    section("features", engine="keras", batch_size=5), sys.argv[3],
    folder / "features",
)
task = Task("kind", "multiclass", ("a", "b"))
fit_rounds(
    read_features(folder / "features", [folder / "images"]),
    make_index(names, {"kind": ["a", "b"] * 6}, [task]),
    make_split([["train"] * 6 + ["validation"] * 3 + ["test"] * 3]),
    section("train", epochs=2, batch_size=4),
    backbone,
    Outputs(*(folder / n for n in ("model", "predictions", "curves", "checkpoints"))),
    backend,
)
print(keras.backend.backend(), keras.config.floatx(), keras.config.epsilon(),
      keras.config.image_data_format())
"""


@pytest.fixture
def run_script(repository, tmp_path):
    """run_script(*arguments, **environment): what a fresh process says."""

    def run(*arguments, **environment):
        path = [repository / "src", repository, os.environ.get("PYTHONPATH", "")]
        clean = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            env={**clean, "PYTHONPATH": os.pathsep.join(map(str, path)), **environment},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_features_and_training_run_on(backend, repository, run_script, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (12, 32, 32, 3), np.uint8)
    save_rows(tmp_path / "images", images)
    # A user's own settings, none of which may count.
    (tmp_path / "keras.json").write_text(
        '{"floatx": "float16", "epsilon": 0.1, "backend": "nothing", '
        '"image_data_format": "channels_first"}'
    )
    result = run_script(
        "-c",
        SCRIPT,
        tmp_path,
        repository / "params.yaml",
        backend,
        KERAS_HOME=str(tmp_path),
        KERAS_MAX_EPOCHS="1",
        KERAS_MAX_STEPS_PER_EPOCH="no number",
    )
    assert result.returncode == 0, result.stderr
    said = result.stdout.split()[-4:]
    assert said == [backend, "float32", "1e-07", "channels_last"]
    predicted = np.load(tmp_path / "predictions" / "kind.npy")
    assert predicted.shape == (1, 12, 2)
    np.testing.assert_allclose(predicted.sum(axis=2), 1, rtol=1e-4)
    curve = tmp_path / "curves/round0/multi_output/plots/metrics/train/loss.tsv"
    assert len(curve.read_text().splitlines()) == 1 + 2


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_keras_says_nothing_and_leaves_the_environment_alone(run_script, backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    script = """
import os, sys
from headswap.machine.backend import set_up_backend, start_keras
def mine():
    return {k: v for k, v in os.environ.items() if k.startswith(("KERAS", "HOME"))}
before = mine()
start_keras(sys.argv[1])
assert mine() == before
set_up_backend(tf32=False, one_thread=True)
import keras, numpy
keras.utils.set_random_seed(1)
keras.Sequential([keras.layers.Dense(1)])(numpy.zeros((1, 2), "float32"))
"""
    variables = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_MAX_EPOCHS": "abc"}
    result = run_script("-c", script, backend, **variables)
    assert result.returncode == 0, result.stderr
    assert result.stdout + result.stderr == ""


PAGE_FAULTS = """
import resource, sys
from headswap.machine.backend import set_up_backend, start_keras
from headswap.machine.malloc import keep_freed_memory
start_keras("tensorflow")
set_up_backend(tf32=False, one_thread=True)
if sys.argv[1] == "kept":
    keep_freed_memory()
import keras, numpy
from headswap.train.descent.batches import Batches
features, kinds = numpy.ones((64, 1000), "float32"), numpy.ones((64, 1), "float32")
batches = Batches({"features": features}, {"kind": kinds}, numpy.arange(64), 8, 0)
layers = [keras.layers.Dense(1000), keras.layers.Dense(1, name="kind")]
taken = keras.Input((1000,), name="features")
given = layers[1](layers[0](taken))
model = keras.Model({"features": taken}, {"kind": given})
model.compile("adam", {"kind": "mse"}, jit_compile=False)
model.fit(batches, epochs=1, verbose=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
model.fit(batches, epochs=5, verbose=0)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 40)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    "CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", ()),
    reason="another C library",
)
def test_a_training_step_takes_the_memory_that_the_last_one_gave_back(run_script):
    """A gradient alone has 1,000 pages."""
    faults = {}
    for asked in ("kept", "as TensorFlow has it"):
        variables = {"TF_CPP_MIN_LOG_LEVEL": "3"}
        result = run_script("-c", PAGE_FAULTS, asked, **variables)
        assert result.returncode == 0, result.stderr
        faults[asked] = int(result.stdout)
    assert faults["kept"] < 1000
    assert faults["as TensorFlow has it"] > 2 * faults["kept"], "is it needed still?"


def test_a_failing_start_says_why(run_script, tmp_path):
    (tmp_path / "keras.py").write_text(
        "import os\nos.write(2, b'the reason')\nraise ImportError('no keras')\n"
    )
    script = (
        "from headswap.machine.backend import start_keras; start_keras('tensorflow')"
    )
    result = run_script("-c", script)
    assert result.returncode != 0
    assert "the reason" in result.stderr
    assert "no keras" in result.stderr


# What stands for a library, and says what it is told about memory.
TOLD = {
    "jax": "import os\n"
    "def devices(): print(os.environ['XLA_PYTHON_CLIENT_PREALLOCATE'] == 'false')\n",
    "tensorflow": "from types import SimpleNamespace as N\n"
    "config = N(list_physical_devices=lambda kind: [kind] * 2)\n"
    "config.experimental = N(set_memory_growth=lambda gpu, grows: print(grows))\n",
}


@pytest.mark.parametrize(("backend", "expected"), [("jax", 1), ("tensorflow", 2)])
def test_a_gpu_s_memory_is_left_to_other_processes_too(
    run_script, tmp_path, backend, expected
):
    for library, code in TOLD.items():
        (tmp_path / f"{library}.py").write_text(code)
    (tmp_path / "keras.py").write_text(
        "from types import SimpleNamespace as N\nimport unittest.mock as mock\n"
        f"backend, config = N(backend=lambda: {backend!r}), mock.Mock()\n"
    )
    result = run_script(
        "-c",
        "import os; from headswap.machine.backend import start_keras\n"
        f"start_keras({backend!r}); print(os.environ['XLA_PYTHON_CLIENT_PREALLOCATE'])",
        XLA_PYTHON_CLIENT_PREALLOCATE="true",
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["True"] * expected + ["true"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("jax", "KERAS_BACKEND: "), ("", "params.yaml: keras.backend must be installed")],
)
def test_a_backend_that_cannot_be_is_named(monkeypatch, asked, expected):
    """As after an edit between the check of params.yaml and the stage."""
    monkeypatch.setenv("KERAS_BACKEND", asked)
    monkeypatch.setattr(machine, "find_spec", lambda name: asked or None)
    with pytest.raises(InputError, match=expected):
        machine.start_keras("torch")
