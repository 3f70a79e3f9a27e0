"""A project of one's own, as `headswap init` makes it."""

import shutil

import pytest

from headswap.machine import project
from headswap.use.project.init import init
from tests.clones import run_well
from tests.projects import OLD, commit


@pytest.fixture(autouse=True)
def without_a_page(monkeypatch):
    """The page of plots has a test of its own."""
    monkeypatch.setattr("headswap.use.project.init.write_page", lambda folder: None)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A project in a folder that was not there, committed."""
    folder = tmp_path_factory.mktemp("made") / "own" / "project"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headswap.use.project.init.write_page", lambda folder: None)
        init(folder, "0.1.0")
    run_well(folder, "git", "commit", "-q", "-m", "init")
    return folder


@pytest.fixture
def older(made, tmp_path):
    """older(name, ...): a project in which an earlier version wrote these files."""

    def make(*names):
        folder = tmp_path / "older"
        shutil.copytree(made, folder, symlinks=True)
        for name in names:
            (folder / name).write_text(OLD)
        texts = {name: (folder / name).read_text() for name in project.own_files()}
        (folder / project.LOCK).write_text(project.lock_text("0.0.9", texts, {}))
        commit(folder)
        return folder

    return make
