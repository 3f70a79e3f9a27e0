"""A part is a file, found by its name."""

import pytest

from headswap import registry
from headswap.errors import InputError

FOLDERS = ["params", "prepare/layouts", "features/backbones", "train/strategies"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_are_the_public_files_of_the_folder(repository, folder):
    files = (repository / "src" / "headswap" / folder).glob("[!_]*.py")
    assert registry.names(folder) == sorted(file.stem for file in files)
    assert registry.names(folder)


@pytest.mark.parametrize("name", ["folders"])
def test_load_returns_the_module_of_that_name(name):
    assert (
        registry.load("prepare/layouts", name).__name__
        == f"headswap.prepare.layouts.{name}"
    )


@pytest.mark.parametrize("name", ["zip", "_files", "", "../params/data", "folders.py"])
def test_an_unknown_name_is_refused_with_the_names_there_are(name):
    with pytest.raises(InputError) as caught:
        registry.load("prepare/layouts", name)
    message = str(caught.value)
    assert repr(name) in message
    assert all(choice in message for choice in registry.names("prepare/layouts"))


def test_what_a_part_states_is_known_without_importing_it():
    names = registry.names("features/backbones")
    stated = [
        n for n in names if registry.states("features/backbones", n, "FROM_SCRATCH")
    ]
    loaded = [
        n
        for n in names
        if getattr(registry.load("features/backbones", n), "FROM_SCRATCH", False)
    ]
    assert stated == loaded != []
