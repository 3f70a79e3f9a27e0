"""Things in a folder that are no files, and names at the edge of what there can be."""

import os
import shutil

import pytest

from headswap.artifacts.dataset.index import read_index
from headswap.artifacts.storage.tables import read_table
from headswap.prepare.stage import prepare_images


@pytest.fixture
def run(section, tmp_path, inputs_of_prepare):
    """run(root): (paths used, reasons of those rejected)."""

    def call(root):
        data = section("data", root=str(root), levels=("category", "landmark"))
        output = tmp_path / "prepared"
        options = section("prepare", image_size=16)
        prepare_images(inputs_of_prepare, data, options, output)
        table = read_table(output / "rejected.csv")
        reasons = dict(zip(table["path"], table["reason"], strict=True))
        return read_index(output).paths, reasons

    return call


@pytest.fixture
def folder(pictures):
    return pictures / "category0" / "landmark0"


@pytest.mark.survives("doors")
def test_a_pipe_is_rejected_and_not_waited_for(run, pictures, folder):
    os.mkfifo(folder / "pipe.jpg")
    used, reasons = run(pictures)
    assert len(used) == 12
    assert reasons == {"category0/landmark0/pipe.jpg": "it is no ordinary file"}


def test_a_link_to_nothing_is_rejected_and_named(run, pictures, folder):
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    used, reasons = run(pictures)
    assert len(used) == 12
    assert list(reasons) == ["category0/landmark0/gone.jpg"]


def test_a_link_to_itself_is_rejected_and_named(run, pictures, folder):
    (folder / "loop.jpg").symlink_to("loop.jpg")
    used, reasons = run(pictures)
    assert len(used) == 12
    assert list(reasons) == ["category0/landmark0/loop.jpg"]


def test_a_link_to_a_file_elsewhere_is_read(
    run, pictures, folder, tmp_path, encode, draw
):
    (tmp_path / "outside.png").write_bytes(encode(draw(99)))
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    used, reasons = run(pictures)
    assert "category0/landmark0/link.png" in used
    assert reasons == {}


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_a_file_that_may_not_be_read_is_rejected_with_the_reason(run, pictures, folder):
    shutil.copy(folder / "00.png", folder / "secret.png")
    (folder / "secret.png").chmod(0)
    _, reasons = run(pictures)
    assert "ermission" in reasons["category0/landmark0/secret.png"]


@pytest.mark.parametrize("letter", ["x", "é", "東"])
def test_names_as_long_as_they_can_be_are_kept(run, pictures, write_picture, letter):
    name = letter * (251 // len(letter.encode())) + ".png"
    write_picture(pictures / "category0" / "landmark0" / name, 99)
    used, _ = run(pictures)
    assert f"category0/landmark0/{name}" in used


def test_files_whose_names_differ_in_case_alone_are_two(run, pictures, write_picture):
    folder = pictures / "category0" / "landmark0"
    write_picture(folder / "photo.PNG", 98)
    write_picture(folder / "Photo.png", 99)
    used, _ = run(pictures)
    assert {path for path in used if "hoto" in path} == {
        "category0/landmark0/photo.PNG",
        "category0/landmark0/Photo.png",
    }
