"""`headswap upgrade` brings up what nobody edited, and loses nothing."""

import json

import pytest

from headswap.cli import main
from headswap.errors import InputError
from headswap.machine import project
from headswap.use.project.upgrade import upgrade
from tests.projects import OLD, commit, texts


def test_a_project_of_this_version_stays_as_it_is(older, capsys):
    folder = older()
    upgrade(folder, "0.1.0", False)
    assert json.loads((folder / project.LOCK).read_text())["headswap"] == "0.1.0"
    commit(folder)
    before = texts(folder)
    upgrade(folder, "0.1.0", False)
    assert "already" in capsys.readouterr().out
    assert texts(folder) == before


def test_files_of_an_older_version_are_replaced_once_shown(older, capsys):
    folder = older("dvc.yaml", "stages/train.py")
    before = texts(folder)
    main(["upgrade", str(folder), "--dry-run"])
    said = capsys.readouterr().out
    assert "--- a/dvc.yaml\n+++ b/dvc.yaml\n@@ -1 +1," in said
    assert f"-{OLD}+" in said and "Nothing was written." in said
    assert texts(folder) == before
    upgrade(folder, "0.1.0", False)
    for name in ("dvc.yaml", "stages/train.py"):
        assert (folder / name).read_text() == project.own_files()[name]


def test_what_is_not_committed_is_never_written_over(older):
    folder = older("dvc.yaml")
    (folder / "params.yaml").write_text(
        (folder / "params.yaml").read_text().replace("  tf32: false\n", "")
    )
    before = texts(folder)
    with pytest.raises(InputError, match=r"committed first, got changes in params\."):
        upgrade(folder, "0.1.0", False)
    assert texts(folder) == before


def test_an_edit_stays_with_the_new_file_beside_it(older, capsys):
    folder = older("dvc.yaml", "stages/train.py")
    for name in ("dvc.yaml", "stages/split.py"):
        (folder / name).write_text("mine\n")
    (folder / "recipes/r4.yaml").unlink()
    commit(folder)
    with pytest.raises(InputError) as caught:
        upgrade(folder, "0.1.0", False)
    assert "dvc.yaml must be brought up by hand" in str(caught.value)
    assert "-mine\n" in capsys.readouterr().out
    assert (folder / "dvc.yaml").read_text() == "mine\n"
    assert (folder / "dvc.yaml.new").read_text() == project.own_files()["dvc.yaml"]
    # The same in both versions.
    assert (folder / "stages/split.py").read_text() == "mine\n"
    assert not (folder / "stages/split.py.new").exists()
    assert not (folder / "recipes/r4.yaml").exists()
    assert (folder / "stages/train.py").read_text() != OLD
    (folder / "dvc.yaml.new").unlink()
    commit(folder)
    upgrade(folder, "0.1.0", False)
    assert "already" in capsys.readouterr().out


def test_files_that_a_version_has_no_more_go_unless_they_were_edited(older, capsys):
    folder = older()
    for name, text in {"stages/gone.py": OLD, "stages/mine.py": "edited"}.items():
        (folder / name).write_text(text)
    lock = json.loads((folder / project.LOCK).read_text())
    lock["files"] |= dict.fromkeys(
        ("stages/gone.py", "stages/mine.py"), project.hash_text(OLD)
    )
    (folder / project.LOCK).write_text(json.dumps(lock))
    commit(folder)
    upgrade(folder, "0.1.0", False)
    assert not (folder / "stages/gone.py").exists()
    assert (folder / "stages/mine.py").read_text() == "edited"
    assert "stages/mine.py: this version has no such file" in capsys.readouterr().out


def test_a_folder_that_is_no_project_is_not_upgraded(tmp_path):
    with pytest.raises(InputError, match=r"a project that `headswap init` made"):
        upgrade(tmp_path, "0.1.0", False)
