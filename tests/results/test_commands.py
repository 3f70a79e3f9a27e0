"""Commands for a reader, and what git answers."""

import shlex

import pytest

from headswap.errors import InputError
from results.commands import expand_photos, shell_command, unfit_changes
from results.runs import Run


def test_the_folder_of_photographs_stands_in_for_its_variable(tmp_path):
    runs = {"one": ("data.root=$PHOTOS/voc", "train.epochs=3")}
    assert expand_photos(runs, {"PHOTOS": str(tmp_path)}) == {
        "one": (f"data.root={tmp_path}/voc", "train.epochs=3")
    }


def test_the_folder_of_photographs_may_be_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expanded = expand_photos({"one": ("data.root=$PHOTOS/voc",)}, {"PHOTOS": "."})
    assert expanded == {"one": (f"data.root={tmp_path}/voc",)}


@pytest.mark.parametrize("environment", [{}, {"PHOTOS": ""}, {"PHOTOS": "/no/where"}])
def test_runs_on_photographs_need_their_folder(environment):
    runs = {"one": ("data.root=$PHOTOS/voc",), "two": ("train.epochs=3",)}
    with pytest.raises(InputError, match=r"^PHOTOS: .*needed by one\.$"):
        expand_photos(runs, environment)


def test_runs_without_photographs_need_no_folder():
    assert expand_photos({"two": ("train.epochs=3",)}, {})


def test_a_command_fits_a_page_and_leaves_the_folder_to_the_shell():
    long = tuple(f"train.parameter_{number}=[{number}]" for number in range(9))
    overrides = ("data.root=$PHOTOS/voc", *long)
    command = shell_command(Run(overrides, None, overrides))
    lines = command.splitlines()
    assert lines[0].startswith('dvc exp run -S "data.root=$PHOTOS/voc" -S ')
    assert all(len(line) <= 88 for line in lines)
    assert all(line.endswith(" \\") for line in lines[:-1])
    words = shlex.split(command.replace("\\\n", ""))
    expected = [part for each in overrides for part in ("-S", each)]
    assert words == ["dvc", "exp", "run", *expected]


def test_the_command_of_a_recipe_names_it_and_what_changes_it():
    run = Run(("train.l2=0.1", "train.epochs=3"), "recipes/r1.yaml", ("train.l2=0.1",))
    assert shell_command(run) == "headswap sweep recipes/r1.yaml -S train.l2=0.1"


def test_changes_that_no_run_depends_on_are_fine():
    porcelain = " M README.md\0M  results/runs.yaml\0 M results/figures/one.json\0"
    assert unfit_changes(porcelain, ["README.md", "results/"]) == []


def test_changes_that_a_run_depends_on_are_named():
    porcelain = " M params.yaml\0R  new.py\0old.py\0 M README.md.txt\0 M README.md\0"
    assert unfit_changes(porcelain, ["README.md", "results/"]) == [
        "params.yaml",
        "new.py",
        "old.py",
        "README.md.txt",
    ]
