"""The sample is drawn where it is asked for and not there, and only then."""

import pytest

from headswap.check import sample
from headswap.errors import InputError


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A folder whose package `draw` writes two files, and says so."""

    def make(name):
        folder = tmp_path / name
        code = folder / "data/sample/draw"
        code.mkdir(parents=True)
        (code / "__init__.py").write_text("")
        (code / "__main__.py").write_text(
            "import sys\nfrom pathlib import Path\nfolder = Path(sys.argv[1])\n"
            "(folder / 'a').mkdir(parents=True)\n"
            "for name in ('0.jpg', '1.jpg'):\n"
            "    (folder / 'a' / name).write_text(name)\n"
            "with open('drawn.txt', 'a') as file:\n    file.write('again\\n')\n"
        )
        return folder

    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(make("clone"))
    return make


def times_drawn(folder="."):
    file = sample.Path(folder) / "data/sample/drawn.txt"
    return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.mark.parametrize(
    "root", ["data/sample/pictures", "data/sample/../sample/pictures/"]
)
def test_it_is_drawn_once(workspace, root):
    for _ in range(2):
        sample.ensure_sample(root)
    assert times_drawn() == 1
    assert (sample.PICTURES / "a/1.jpg").read_text() == "1.jpg"


def test_other_folders_are_left_alone(workspace):
    sample.ensure_sample("data/raw")
    assert times_drawn() == 0


def test_a_missing_picture_is_drawn_again(workspace):
    sample.ensure_sample("data/sample/pictures")
    (sample.PICTURES / "a/1.jpg").unlink()
    sample.ensure_sample("data/sample/pictures")
    assert times_drawn() == 2
    assert (sample.PICTURES / "a/1.jpg").exists()


def test_a_drawing_that_was_cut_off_is_drawn_again(workspace):
    sample.ensure_sample("data/sample/pictures")
    sample.STAMP.write_text('{"files": null}')
    sample.ensure_sample("data/sample/pictures")
    assert times_drawn() == 2


def test_pictures_of_somebody_s_own_are_never_deleted(workspace):
    own = sample.PICTURES / "mine.jpg"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    with pytest.raises(InputError, match=r"drawn sample alone, got mine\.jpg"):
        sample.ensure_sample("data/sample/pictures")
    assert own.read_text() == "mine"


def test_other_code_draws_again(workspace):
    sample.ensure_sample("data/sample/pictures")
    (sample.HOME / "draw/__init__.py").write_text("# other")
    sample.ensure_sample("data/sample/pictures")
    assert times_drawn() == 2


def test_a_queued_experiment_takes_the_pictures_of_its_workspace(
    workspace, tmp_path, monkeypatch
):
    sample.ensure_sample("data/sample/pictures")
    monkeypatch.chdir(workspace("queued"))
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "clone"))
    sample.ensure_sample("data/sample/pictures")
    assert times_drawn() == 0
    assert (sample.PICTURES / "a/0.jpg").read_text() == "0.jpg"
