"""A bundle is what was made, and computes the same here, or each mismatch is named."""

import shutil

import numpy as np
import pytest

import headswap
from headswap.artifacts.bundle.sample import Sample
from headswap.cli import main
from headswap.pictures.drawn import draw_pictures
from tests.bundles import SIZE, make_bundle


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """What the bundle says of a few pictures, as training would have said it."""
    pictures = draw_pictures(3, SIZE)
    folder = make_bundle(tmp_path_factory.mktemp("first"))
    return Sample(pictures, headswap.load(folder).probabilities(pictures))


@pytest.fixture(scope="module")
def made(sample, tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("made"), sample=sample)


@pytest.fixture
def bundle(made, tmp_path):
    return shutil.copytree(made, tmp_path / "bundle")


def test_a_whole_bundle_is_verified(bundle, capsys):
    main(["verify", str(bundle)])
    said = capsys.readouterr().out
    assert "every file is as it was made" in said
    assert "libraries: the versions it was made with" in said
    assert "sample: 3 pictures, as in training to" in said


@pytest.mark.survives("faults")
def test_every_file_that_differs_is_named(bundle):
    (bundle / "model" / "heads.json").unlink()
    (bundle / "sample" / "pictures.npy").write_bytes(b"other")
    with pytest.raises(SystemExit) as raised:
        main(["verify", str(bundle)])
    assert "2 missing or changed: model/heads.json, sample/pictures.npy" in str(
        raised.value
    )


def test_an_added_file_is_named(bundle):
    (bundle / "run_me.py").write_text("")
    with pytest.raises(SystemExit, match=r"1 more: run_me\.py"):
        main(["verify", str(bundle)])


@pytest.mark.survives("faults")
def test_every_prediction_that_differs_is_named(sample, tmp_path):
    moved = {name: np.array(rows) for name, rows in sample.probabilities.items()}
    moved["shape"][1] += 2e-5
    moved["tags"][2] += np.nan
    folder = make_bundle(tmp_path, sample=Sample(sample.pictures, moved))
    with pytest.raises(SystemExit) as raised:
        main(["verify", str(folder)])
    shape, tags = str(raised.value).splitlines()
    assert "picture 1 of the sample must have the probabilities of shape" in shape
    assert "got a difference of 2e-05" in shape
    assert "picture 2 of the sample must have the probabilities of tags" in tags


def test_other_versions_are_named_and_no_fault(sample, tmp_path, capsys):
    libraries = {"numpy": "0.9", "no-such-library": "1.0"}
    folder = make_bundle(tmp_path, sample=sample, libraries=libraries)
    main(["verify", str(folder)])
    said = capsys.readouterr().out
    assert f"numpy {np.__version__}, made with 0.9" in said
    assert "no-such-library not installed, made with 1.0" in said


def test_a_bundle_without_a_sample_is_said_to_have_none(tmp_path, capsys):
    main(["verify", str(make_bundle(tmp_path))])
    assert "sample: none in it" in capsys.readouterr().out
