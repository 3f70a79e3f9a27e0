"""What DVC would stop at below data.root is named before it walks there."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from headswap import params
from headswap.check import raw_files
from headswap.check.raw_files import require_reachable, require_walkable
from headswap.cli import main
from headswap.errors import InputError


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "raw"
    (folder / "a").mkdir(parents=True)
    (folder / "a/H\N{LATIN SMALL LETTER U WITH DIAERESIS}.jpg").write_bytes(b"1")
    return folder


def refusal(root):
    with pytest.raises(InputError) as caught:
        require_walkable(str(root))
    return str(caught.value)


def break_link(folder):
    (folder / "x.jpg").symlink_to("nowhere.jpg")


def loop(folder):
    (folder / "x.jpg").symlink_to("x.jpg")


def make_pipe(folder):
    os.mkfifo(folder / "x.jpg")


def link_pipe(folder):
    os.mkfifo(folder.parents[1] / "pipe")
    (folder / "x.jpg").symlink_to(folder.parents[1] / "pipe")


def open_socket(folder):
    # Its path is longer than a socket's may be.
    before = Path.cwd()
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("x.jpg")
    os.chdir(before)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (break_link, "a link that leads nowhere"),
        (loop, "a link that leads nowhere"),
        (make_pipe, "a pipe, socket or device"),
        (link_pipe, "a link to a pipe, socket or device"),
        (open_socket, "a pipe, socket or device"),
    ],
)
def test_what_dvc_would_stop_at_is_named(root, make, what):
    require_walkable(str(root))
    make(root / "a")
    expected = f"got 1 at which it would stop: a/x.jpg ({what}). Remove, repair"
    assert expected in refusal(root)


def test_names_that_are_no_text_are_named_and_can_be_printed(root):
    for name in (b"x\xff.jpg", b"d\xe4"):
        (root / "a" / os.fsdecode(name)).mkdir()
    message = refusal(root)
    assert "got 2 at which it" in message
    assert r"a/d\udce4 (its name is no UTF-8), a/x\udcff.jpg (its name" in message
    message.encode()


def test_all_are_counted_and_ten_are_named(root):
    for number in range(12):
        (root / f"{number:02}.jpg").symlink_to("gone")
    message = refusal(root)
    assert "got 12 at which" in message
    assert "09.jpg (a link that leads nowhere) and 2 more." in message


def test_links_to_files_and_folders_are_followed_once(root, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other/1.jpg").write_bytes(b"1")
    (root / "b").symlink_to(tmp_path / "other")
    (root / "c.jpg").symlink_to(tmp_path / "other/1.jpg")
    (root / "a/round").symlink_to(root)
    require_walkable(str(root))
    break_link(tmp_path / "other")
    assert "b/x.jpg (a link" in refusal(root)


def test_a_root_that_is_not_there_is_for_others_to_name(tmp_path):
    require_walkable(str(tmp_path / "gone"))


def test_the_command_names_them_too_and_says_what_is_not_there(
    root, repository, tmp_path, capsys
):
    yaml = YAML()
    written = yaml.load(repository / "params.yaml")
    file = tmp_path / "params.yaml"

    def check(path):
        written["data"]["root"] = str(path)
        yaml.dump(written, file)
        main(["check", str(file)])
        return capsys.readouterr().out

    assert check(root) == f"{file} is valid\ndata.root: {root}\n"
    assert check(root / "none").endswith("none (no such folder)\n")
    break_link(root)
    with pytest.raises(SystemExit, match="a link that leads nowhere"):
        check(root)


def test_check_names_them_before_dvc_walks(root, repository, tmp_path):
    break_link(root / "a")
    sections = (repository / "params.yaml").read_text()
    text = re.sub(r"  root: .*", f"  root: {root}", sections)
    for name in ("dvc.yaml",):
        (tmp_path / name).write_text((repository / name).read_text())
    (tmp_path / "params.yaml").write_text(text)
    (tmp_path / "stages").symlink_to(repository / "stages")
    result = subprocess.run(
        [sys.executable, "-m", "stages.check", "inputs"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("error: data.root: everything below ")
    assert "Traceback" not in result.stderr


# Where an experiment runs in a copy of the project


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of a project in which DVC runs an experiment; `pictures` is not in it."""
    (tmp_path / "project/pictures/cats").mkdir(parents=True)
    (tmp_path / "project/.dvc/tmp/exps/one").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project/.dvc/tmp/exps/one")
    (tmp_path / "project/.dvc/tmp/exps/one/dvc.yaml").write_text(
        "stages: {draw: {cmd: draw, outs: [drawn, {kept: {cache: false}}]}}\n"
    )
    return {"DVC_ROOT": str(tmp_path / "project")}


@pytest.mark.parametrize("root", ["pictures", "pictures/cats", "./pictures"])
def test_a_relative_folder_that_nothing_keeps_is_refused_with_its_place(
    copy, tmp_path, root
):
    with pytest.raises(InputError) as caught:
        require_reachable(root, copy)
    place = os.path.normpath(tmp_path / "project" / root)
    assert f"got {root!r}, which is in {tmp_path}/project alone." in str(caught.value)
    assert f"Set data.root={place}, or run `dvc add {root}`" in str(caught.value)


@pytest.mark.parametrize(
    ("root", "file"), [("pictures", "pictures.dvc"), ("pictures/cats", "pictures.dvc")]
)
def test_a_folder_that_dvc_keeps_may_still_come(copy, capsys, root, file):
    open(file, "w").close()
    require_reachable(root, copy)
    assert f"note: data.root: {root!r} does not exist here." in capsys.readouterr().out


@pytest.mark.parametrize("root", ["drawn", "kept/a"])
def test_a_folder_that_a_stage_makes_may_still_come(copy, tmp_path, capsys, root):
    (tmp_path / "project" / root).mkdir(parents=True)
    require_reachable(root, copy)
    assert "does not exist here" in capsys.readouterr().out


def test_a_folder_that_is_here_is_no_matter(copy, tmp_path, capsys):
    Path("pictures").mkdir()
    require_reachable("pictures", copy)
    require_reachable(str(tmp_path / "project/pictures"), copy)
    assert capsys.readouterr().out == ""


def test_in_the_project_itself_a_missing_folder_is_noted(copy, tmp_path, capsys):
    os.chdir(tmp_path / "project")
    require_reachable("gone", copy)
    require_reachable("gone", {})
    assert capsys.readouterr().out.count("note: data.root: 'gone' does not exist") == 2


def test_a_home_is_to_be_written_out(repository, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    sections = params.load(repository / "params.yaml")
    sections["data"]["root"] = "~/pictures"
    with pytest.raises(InputError) as caught:
        params.check(sections)
    assert "got '~/pictures'. Set data.root=/home/me/pictures." in str(caught.value)


def test_the_listing_alone_answers_for_ordinary_files(root, monkeypatch):
    """No file is asked for by itself: of 50,000 that would take as long as DVC."""

    def refuse(*_, **__):
        raise AssertionError("asked for a file")

    monkeypatch.setattr(raw_files, "_kind_behind", refuse)
    monkeypatch.setattr(os, "stat", refuse)
    require_walkable(str(root))
