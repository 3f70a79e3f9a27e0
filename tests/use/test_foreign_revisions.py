"""A revision from elsewhere is read, and neither runs anything nor leads anywhere."""

import json
import subprocess

import pytest

from headswap.errors import InputError
from headswap.use.compare.revisions import Revisions
from headswap.use.compare.runs import read_runs

FILES = {
    "params.yaml": "data: {}",
    "dvc.lock": "stages: {}",
    "metrics/repeats.csv": "name,part,metric,value\n",
    "metrics/predictions.csv": "part,task\n",
    "metrics/intervals.json": "{}",
    "metrics/cost.json": "{}",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project whose last commit has figures."""
    folder = tmp_path_factory.mktemp("project")
    write(folder, FILES)
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    return folder


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def revisions(folder, monkeypatch):
    found = Revisions(folder)
    # Asking DVC's queue would take seconds, and there is none.
    monkeypatch.setattr(found, "_unknown", lambda name: f"{name} is unknown")
    return found


@pytest.mark.survives("doors")
@pytest.mark.parametrize(
    "name",
    [
        "--output=ran",
        "--upload-pack=touch ran",
        "--exec-path=.",
        "--git-dir",
        "--all",
        "-h",
        "--default HEAD",
        "HEAD --output=ran",
        "HEAD:params.yaml",
        "$(touch ran)",
        "`touch ran`",
        "; touch ran",
    ],
)
def test_a_name_that_is_an_option_or_a_command_is_no_revision(revisions, name, folder):
    with pytest.raises(InputError, match="is unknown"):
        revisions.texts(name, ["params.yaml"])
    assert not list(folder.rglob("ran"))


def test_a_revision_is_read_by_its_name(revisions):
    assert revisions.texts("HEAD", ["params.yaml"]) == {"params.yaml": "data: {}"}


@pytest.mark.survives("doors")
@pytest.mark.parametrize("md5", ["../../../../outside", "/outside", "ab/../../x", ""])
def test_a_hash_that_leads_out_of_the_cache_is_the_hash_of_nothing(
    revisions, tmp_path, md5
):
    revisions.__dict__["_cache"] = tmp_path / "cache" / "a" / "b"
    (tmp_path / "outside").write_text(json.dumps([]))
    place = revisions._of_hash(md5)
    assert ".." not in place.parts
    assert place.is_relative_to(tmp_path / "cache")
    assert not place.exists()


@pytest.mark.survives("doors")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metrics/intervals.json", "[" * 100_000),
        ("metrics/intervals.json", '["label"]'),
        ("metrics/cost.json", "no JSON"),
        ("metrics/repeats.csv", "name,part,metric,value\na,test,f1,much\n"),
        ("metrics/repeats.csv", "other\n1\n"),
        ("metrics/predictions.csv", "other\n1\n"),
        ("dvc.lock", "- 1"),
        ("dvc.lock", "stages: {split: {outs: 3}}"),
        ("params.yaml", "data: &a [*a]"),
    ],
)
def test_figures_of_another_form_are_an_error(folder, tmp_path, name, text):
    work = tmp_path / "project"
    subprocess.run(["git", "clone", "-q", folder, work], check=True)
    write(work, {name: text})
    with pytest.raises(
        InputError, match=r"workspace (must have|: the file)|of workspace: "
    ):
        read_runs(["workspace"], False, work)
