"""`headswap compare --data` says which images, labels and parts are others."""

import hashlib
import json

import pytest

from headswap.artifacts.dataset.labels import Labels, write_labels
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.storage.tables import write_table
from headswap.cli import main
from headswap.use.compare.data import compare_images, sentences
from tests.use.test_compare import git

BEFORE = {
    "a": ("elm/a.jpg", "elm", "train"),
    "b": ("elm/b.jpg", "elm", "train"),
    "c": ("oak/c.jpg", "oak", "validation"),
    "d": ("oak/d.jpg", "oak", "test"),
    "e": ("oak/=e.jpg", "oak", "test"),
}
AFTER = {
    "a": ("elm/a.jpg", "elm", "test"),
    "b": ("oak/b.jpg", "oak", "train"),
    "c": ("oak/c.jpg", "oak", "validation"),
    "d2": ("oak/d.jpg", "oak", "test"),
    "f": ("oak/f.jpg", "oak", "train"),
}


def write_images(folder, images):
    """What prepare and split make, two rounds; in the second one all train."""
    for name in ("prepared", "split"):
        (folder / "data" / name).mkdir(parents=True, exist_ok=True)
    write_table(
        folder / "data/prepared/index.csv",
        ["image_id", "path", "kind"],
        [(key, path, label) for key, (path, label, _) in images.items()],
    )
    task = Task("kind", "multiclass", ("elm", "oak"))
    write_labels(folder / "data/prepared/labels.json", Labels([task], []))
    write_table(
        folder / "data/split/split.csv",
        ["image_id", "round", "part"],
        [(key, 0, part) for key, (_, _, part) in images.items()]
        + [(key, 1, "train") for key in images],
    )


def put_into_cache(folder, cache):
    """Keep data/prepared and data/split as DVC does; return `dvc.lock`."""

    def keep(content, ending=""):
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest() + ending
        (cache / "files/md5" / md5[:2]).mkdir(parents=True, exist_ok=True)
        (cache / "files/md5" / md5[:2] / md5[2:]).write_bytes(content)
        return md5

    outs = []
    for name in ("prepared", "split"):
        files = sorted((folder / "data" / name).iterdir())
        listing = [{"md5": keep(f.read_bytes()), "relpath": f.name} for f in files]
        md5 = keep(json.dumps(listing).encode(), ".dir")
        outs.append(f"    - path: data/{name}\n      md5: {md5}\n")
    return f"stages:\n  split:\n    outs:\n{''.join(outs)}"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """DVC's cache of a repository with a commit, and another state in its folder."""
    folder, cache = tmp_path / "project", tmp_path / "cache"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git(folder, "init", "-q", "-b", "main")
    write_images(folder, BEFORE)
    (folder / "dvc.lock").write_text(put_into_cache(folder, cache))
    git(folder, "add", "dvc.lock")
    git(folder, "commit", "-q", "-m", "before")
    write_images(folder, AFTER)
    monkeypatch.setattr("headswap.use.compare.revisions.Revisions._cache", cache)
    return cache


def test_every_kind_of_change_is_found(cache, tmp_path):
    found = compare_images("HEAD", "workspace", tmp_path / "project")
    assert (found.num_before, found.num_after) == (5, 5)
    assert found.added == ["oak/f.jpg"]
    assert found.removed == ["oak/=e.jpg"]
    assert found.replaced == ["oak/d.jpg"]
    assert found.renamed == [("elm/b.jpg", "oak/b.jpg")]
    assert found.relabelled == [("oak/b.jpg", "kind", "elm", "oak")]
    assert found.moved == [("elm/a.jpg", "train", "test")]
    assert found.parts == {"train": (2, 2), "validation": (1, 1), "test": (2, 2)}
    assert "1 images are in the test part that were not" in " ".join(sentences(found))


def test_the_same_images_are_told_to_be_the_same(cache, tmp_path):
    write_images(tmp_path / "project", BEFORE)
    found = compare_images("HEAD", "workspace", tmp_path / "project")
    assert list(sentences(found)) == [
        "HEAD has 5 images, workspace 5. Parts, in the first round: train 2, "
        "validation 1, test 2.",
        "Images, labels and parts are the same.",
    ]


def test_it_is_printed_for_people_for_reviews_and_for_programs(cache, capsys):
    main(["compare", "--data"])
    said = " ".join(capsys.readouterr().out.split())
    assert "relabelled 1 oak/b.jpg: kind elm to oak" in said
    main(["compare", "--data", "HEAD", "--md"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "| images | number | which |",
        "| --- | ---: | --- |",
        "| added | 1 | oak/f.jpg |",
    ]
    main(["compare", "workspace", "--data", "HEAD", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["moved"] == [["elm/a.jpg", "train", "test"]]
    assert facts["words"][0].startswith("HEAD has 5 images")


@pytest.mark.survives("doors")
def test_paths_that_are_html_or_a_formula_are_text_in_a_review(cache, tmp_path, capsys):
    odd = {**AFTER, "f": ("oak/<img src=x onerror=alert(1)>|.jpg", "oak", "train")}
    write_images(tmp_path / "project", odd)
    main(["compare", "--data", "HEAD", "--md"])
    said = capsys.readouterr().out
    assert "/<img" not in said
    assert r"oak/\<img src=x onerror=alert(1)\>\|.jpg" in said


def test_a_cache_that_lacks_them_is_told(cache):
    (listing,) = [p for p in cache.rglob("*.dir") if b"split.csv" in p.read_bytes()]
    listing.unlink()
    with pytest.raises(SystemExit) as ended:
        main(["compare", "--data", "main"])
    assert "DVC's cache must have data/split/split.csv of main, got none" in str(
        ended.value
    )


def test_a_project_without_results_is_told(cache, tmp_path):
    (tmp_path / "project/data/split/split.csv").unlink()
    with pytest.raises(SystemExit, match=r"the project must have data/split/split"):
        main(["compare", "--data"])


def test_more_than_two_are_not_compared(cache):
    with pytest.raises(SystemExit, match=r"at most one run must be named beside REV"):
        main(["compare", "a", "b", "--data", "main"])
