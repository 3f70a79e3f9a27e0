"""What is no good ends with a sentence, and no code of a bundle is ever run."""

import csv
import io
import itertools
import json
import os
import resource
import sys
from pathlib import Path

import keras
import pytest

import headswap
from headswap.artifacts.bundle.bundle import read_bundle, write_facts
from headswap.cli import main
from headswap.errors import InputError
from headswap.pictures.drawn import draw_pictures
from headswap.use.predict.predictor import Predictor
from tests.bundles import SIZE, make_bundle

CODE = {
    "a class that nobody knows": ("Unheard", "elsewhere", {}),
    "a class of Python's own": ("Popen", "subprocess", {"args": ["touch", "{ran}"]}),
    "a function in the file": (
        "Lambda",
        "keras.layers",
        {"function": {"class_name": "__lambda__", "config": {"code": "4wEA"}}},
    ),
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.mark.parametrize("case", CODE)
@pytest.mark.survives("doors")
def test_a_layer_that_is_no_known_class_is_refused_and_runs_nothing(case, tmp_path):
    class_name, module, config = CODE[case]
    folder = make_bundle(tmp_path / "bundle")
    file = folder / "networks" / f"net{SIZE}" / "below.json"
    network = json.loads(file.read_text())
    layer = network["config"]["layers"][1]
    text = json.dumps(config).replace("{ran}", str(tmp_path / "ran"))
    layer |= {"class_name": class_name, "module": module, "registered_name": None}
    layer["config"] = {"name": layer["config"]["name"], **json.loads(text)}
    file.write_text(json.dumps(network))
    # As by somebody who knows how bundles are made.
    write_facts(folder, read_bundle_unchecked(folder))
    with pytest.raises(InputError, match=r"below\.json: each layer must be of a class"):
        headswap.load(folder).probabilities(draw_pictures(1, SIZE))
    assert not (tmp_path / "ran").exists()


def read_bundle_unchecked(folder):
    with pytest.MonkeyPatch.context() as patch:
        facts = json.loads((folder / "bundle.json").read_text())
        same = facts["files"].values()
        hashes = iter(same)
        name = "headswap.artifacts.bundle.bundle.hash_file"
        patch.setattr(name, lambda path: next(hashes))
        return read_bundle(folder)


@pytest.fixture
def pictures(tmp_path, write_picture):
    for number in range(4):
        write_picture(tmp_path / "pictures" / f"{number}.png", number)
    return str(tmp_path / "pictures")


@pytest.fixture
def odd_name(pictures, encode, draw):
    """A folder with a picture whose name is no text, and a command to a terminal."""
    for file in Path(pictures).iterdir():
        file.unlink()
    path = os.fsencode(pictures) + b"/\x1b[31m\xff.png"
    with open(path, "wb") as file:
        file.write(encode(draw(0)))
    return pictures


@pytest.mark.survives("doors")
@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_a_name_that_is_no_text_is_written_with_its_escape(
    bundle, odd_name, tmp_path, ending
):
    out = tmp_path / f"out{ending}"
    main(["predict", odd_name, "--model", str(bundle), "--out", str(out)])
    assert "\\udcff.png" in out.read_text(encoding="utf-8")


@pytest.mark.survives("doors")
def test_a_terminal_is_shown_no_command(bundle, odd_name, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    main(["predict", odd_name, "--model", str(bundle)])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert r"\x1b[31m\udcff.png,shape,1," in said


@pytest.mark.survives("doors")
def test_no_error_is_a_command_to_a_terminal(tmp_path):
    with pytest.raises(SystemExit) as raised:
        main(["verify", str(tmp_path / "\x1b[2J\u202e")])
    assert "\x1b" not in raised.value.code
    assert r"\x1b[2J\u202e: a bundle must" in raised.value.code


@pytest.mark.survives("doors")
def test_a_list_of_paths_may_hold_anything(bundle, capsys, monkeypatch):
    content = b"a\0b.png\n\xff.png\n" + b"x" * 5000 + b"\n"
    given = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", given)
    main(["predict", "-", "--model", str(bundle)])
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.rpartition(",")[2] for row in rows] == [
        "its name has the character NUL",
        "cannot be opened: No such file or directory",
        "cannot be opened: File name too long",
    ]


@pytest.mark.survives("faults")
def test_a_full_disk_is_told(bundle, pictures, tmp_path):
    out = tmp_path / "out.csv"
    # A file of Linux's to which nothing can be written.
    out.symlink_to("/dev/full")
    arguments = ["predict", pictures, "--model", str(bundle), "--out", str(out)]
    with pytest.raises(SystemExit, match=r"No space left on device, with .* MB free"):
        main(arguments)


def test_of_a_table_that_no_longer_fits_whole_rows_are_kept_beside_the_former(
    bundle, pictures, tmp_path, monkeypatch, capsys
):
    """As on a disk that is full: a file may be no longer than it is let."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    (known,) = headswap.load(bundle).predict([f"{pictures}/0.png"])

    def many(self, files):
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
        yield from itertools.repeat(known, 500)

    monkeypatch.setattr(Predictor, "predict", many)
    out = tmp_path / "table" / "out.csv"
    out.parent.mkdir()
    out.write_text("before")
    try:
        with pytest.raises(SystemExit, match=r"with room to write, got: File too"):
            main(["predict", pictures, "--model", str(bundle), "--out", str(out)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert out.read_text() == "before"
    assert sorted(file.name for file in out.parent.iterdir()) == [
        "out.csv",
        "out.partial.csv",
    ]
    text = (out.parent / "out.partial.csv").read_text()
    assert 19_000 < len(text) <= 20_000
    assert text.endswith("\n")
    rows = list(csv.DictReader(text.splitlines()))
    assert all(row["unlike"] is not None for row in rows)
    assert "out.partial.csv: the rows up to there, whole" in capsys.readouterr().err


def test_of_a_folder_without_pictures_each_file_is_a_row(bundle, tmp_path, capsys):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "notes.txt").write_text("no picture")
    main(["predict", str(tmp_path), "--model", str(bundle)])
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [Path(row["path"]).name for row in rows] == ["empty.jpg", "notes.txt"]
    assert all(row["problem"] and not row["class"] for row in rows)


def test_of_an_interrupted_table_whole_rows_are_kept_beside_the_former(
    bundle, pictures, tmp_path, monkeypatch, capsys
):
    predict = Predictor.predict

    def interrupted(self, files):
        for number, prediction in enumerate(predict(self, files)):
            if number == 2:
                raise KeyboardInterrupt
            yield prediction

    monkeypatch.setattr(Predictor, "predict", interrupted)
    out = tmp_path / "out.csv"
    out.write_text("before")
    with pytest.raises(SystemExit) as raised:
        main(["predict", pictures, "--model", str(bundle), "--out", str(out)])
    assert raised.value.code == 130
    assert capsys.readouterr().err.endswith("interrupted\n")
    assert out.read_text() == "before"
    rows = list(csv.DictReader((tmp_path / "out.partial.csv").read_text().splitlines()))
    assert len({row["path"] for row in rows}) == 2


def test_an_interrupted_export_leaves_nothing(bundle, tmp_path, monkeypatch):
    def interrupted(model, path, **options):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, "save", interrupted)
    with pytest.raises(SystemExit) as raised:
        main(["export", "keras", str(tmp_path / "out"), "--model", str(bundle)])
    assert raised.value.code == 130
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_one_pixel_is_a_row_with_the_reason(
    bundle, tmp_path, encode, draw
):
    (tmp_path / "dot.png").write_bytes(encode(draw(0, 1, 1)))
    (prediction,) = headswap.load(bundle).predict([tmp_path / "dot.png"])
    assert prediction.problem == "a single pixel is no picture"
