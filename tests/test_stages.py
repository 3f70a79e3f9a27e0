"""A stage succeeds only where all it depends on has stayed as it was."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides

import stages
from headswap import params
from headswap.check.inputs import write_inputs
from headswap.machine.backend import VARIABLES

SECTIONS = {
    "prepare": ("data", "prepare"),
    "split": ("split",),
    "train": ("train", "backbone", "keras"),
}
TABLE = Path("raw/labels.csv")


@pytest.fixture
def run(repository, tmp_path, monkeypatch):
    """run(stage, meanwhile): what a stage says that does something while it runs.

    It comes after `check`, whose parameters name a table.
    """
    monkeypatch.chdir(tmp_path)
    for name in [n for n in os.environ if n.startswith((*VARIABLES, "KERAS_"))]:
        monkeypatch.delenv(name)
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(repository / name, name)
    override("data.root=raw", "data.layout=csv", "data.table=labels.csv")
    TABLE.parent.mkdir()
    TABLE.write_text("one")
    write_inputs(params.check(params.load()), "data/inputs")

    def call(stage, meanwhile):
        monkeypatch.setattr(sys, "argv", [f"stages/{stage}.py"])
        try:
            stages.run(lambda *sections: meanwhile(), *SECTIONS[stage])
        except SystemExit as ended:
            return str(ended)
        return ""

    return call


def override(*settings):
    apply_overrides(Path("params.yaml"), list(settings))


@pytest.mark.parametrize("stage", SECTIONS)
def test_a_stage_that_nothing_disturbs_succeeds(run, stage):
    assert run(stage, lambda: None) == ""


def test_a_file_replaced_while_its_stage_runs_is_an_error(run):
    said = run("prepare", lambda: TABLE.write_text("two"))
    assert said.startswith("error: data/inputs/prepare.json: ")
    assert "another data.table (files). Run the whole pipeline again" in said
    assert run("split", lambda: TABLE.write_text("three")) == ""


def test_a_file_replaced_before_its_stage_starts_stops_it(run):
    TABLE.write_text("two")
    said = run("prepare", lambda: pytest.fail("started"))
    assert "another data.table (files)" in said


def test_a_backend_edited_before_its_stage_starts_stops_it(run):
    override("keras.backend=torch")
    said = run("train", lambda: pytest.fail("started"))
    assert "data/inputs/train.json: " in said
    assert "another backend (keras)" in said


def test_what_libraries_add_to_the_environment_is_no_input(run, monkeypatch):
    assert run("train", lambda: monkeypatch.setenv("JAX_PLATFORMS", "cpu")) == ""


@pytest.mark.parametrize("name", ["train.epochs", "backbone.learning_rate"])
def test_a_parameter_of_the_stage_edited_meanwhile_is_an_error(run, name):
    said = run("train", lambda: override(f"{name}=7"))
    assert "params.yaml: it must stay as it is while a stage that reads it " in said
    assert f"another {name}. Run again" in said


@pytest.mark.parametrize("name", ["backbone.pooling=max", "augment.copies=2"])
def test_a_parameter_of_other_stages_may_be_edited_meanwhile(run, name):
    assert run("train", lambda: override(name)) == ""
