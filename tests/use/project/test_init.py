"""`headswap init` makes a project of one's own that runs the installed package."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from headswap import params
from headswap.check.inputs import LIBRARIES, write_inputs
from headswap.cli import main
from headswap.errors import InputError
from headswap.machine import project
from headswap.use.project.init import init
from tests.clones import run_well
from tests.projects import texts

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_a_built_package_holds_the_files_of_a_project(tmp_path):
    build = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    packed = tmp_path / "headswap" / "project"
    names = project.packed_files()
    assert {"dvc.yaml", "stages/train.py", ".dvc/config"} <= set(names)
    for name in names:
        assert (packed / name).read_bytes() == (ROOT / name).read_bytes()
    script = (
        "import json; from headswap.machine import project; "
        "print(json.dumps([str(project.HOME), project.own_files()]))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert json.loads(said) == [str(packed), project.own_files()]


def test_a_source_package_holds_all_that_is_built_from():
    """`python -m build` builds from what MANIFEST.in names."""
    words = (ROOT / "MANIFEST.in").read_text().split()
    missing = [
        name
        for name in project.packed_files()
        if name not in words and not any(name.startswith(f"{w}/") for w in words)
    ]
    assert missing == []


def test_a_project_has_the_pipeline_without_the_code_of_the_package(made):
    own = YAML(typ="safe").load(made / "dvc.yaml")
    repository = YAML(typ="safe").load(ROOT / "dvc.yaml")
    for stage, declared in repository["stages"].items():
        if "deps" in declared:
            declared["deps"] = [d for d in declared["deps"] if "src/" not in d]
            assert f"data/inputs/{stage}.json" in declared["deps"]
    assert own == repository
    assert "src/" not in (made / "params.yaml").read_text()
    defaults = params.load(ROOT / "params.yaml")
    assert params.load(made / "params.yaml") == defaults


def test_git_has_all_that_was_written_and_dvc_its_settings(made):
    tracked = run_well(made, "git", "ls-files").splitlines()
    assert {*project.own_files(), *project.IGNORED, project.LOCK} <= set(tracked)
    assert run_well(made, "git", "status", "--porcelain") == ""
    assert (made / ".dvc/config").read_text() == (ROOT / ".dvc/config").read_text()
    lines = (made / ".gitignore").read_text().splitlines()
    assert {"/.headswap/", "/.dvc/plots_page.html"} <= set(lines)


@pytest.mark.slow
def test_stages_of_a_project_run_the_installed_package(made, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(made, folder, symlinks=True)
    # What is a project's own and called src is none of the package's.
    (folder / "src" / "numpy").mkdir(parents=True)
    sections = (folder / "params.yaml").read_text()
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (folder / "params.yaml").write_text(
        sections.replace("data/sample/pictures", str(pictures), 1)
    )
    said = run_well(
        folder,
        *(sys.executable, "-m", "stages.check", "data/inputs"),
        PYTHONPATH=str(ROOT / "src"),
    )
    assert "headswap upgrade" not in said
    for stage in LIBRARIES:
        inputs = json.loads((folder / f"data/inputs/{stage}.json").read_text())
        assert inputs["code"] == project.hash_code(stage)


def test_other_code_of_the_package_reruns_what_depends_on_it(tmp_path, monkeypatch):
    """Where DVC does not see it; here dvc.yaml names it."""
    package = tmp_path / "installed" / "headswap"
    shutil.copytree(ROOT / "src" / "headswap", package)
    monkeypatch.setattr(project, "SOURCE", package.parent)
    monkeypatch.chdir(tmp_path)
    checked = params.check(params.load(ROOT / "params.yaml"))

    def written():
        write_inputs(checked, "inputs")
        return {stage: Path(f"inputs/{stage}.json").read_text() for stage in LIBRARIES}

    first = written()
    (package / "train/strategies/cascade.py").write_text("# another version\n")
    (package / "__pycache__").mkdir(exist_ok=True)
    (package / "__pycache__/load.pyc").write_text("no source")
    second = written()
    assert {stage for stage in LIBRARIES if first[stage] != second[stage]} == {"train"}
    (package / "pages/page.css").write_text("/* another version */\n")
    third = written()
    changed = {stage for stage in LIBRARIES if third[stage] != second[stage]}
    assert changed == {"inspect", "report"}


def test_in_this_repository_dvc_sees_the_code_itself(tmp_path):
    write_inputs(params.check(params.load(ROOT / "params.yaml")), tmp_path)
    assert project.is_beside(ROOT) and not project.is_beside(tmp_path)
    assert "code" not in json.loads((tmp_path / "train.json").read_text())


def test_files_in_the_way_are_all_named_and_none_is_written(tmp_path, capsys):
    (tmp_path / "stages").mkdir()
    for name in ("dvc.yaml", "params.yaml", "stages/train.py", "data"):
        (tmp_path / name).write_text("mine")
    before = texts(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["init", str(tmp_path)])
    assert (
        "files of these names, got dvc.yaml, params.yaml, stages/train.py, data. "
        "Nothing was written" in str(ended.value)
    )
    assert texts(tmp_path) == before


def test_a_repository_with_dvc_keeps_its_settings_and_lists(made, tmp_path):
    folder = tmp_path / "used"
    shutil.copytree(made, folder, symlinks=True)
    for name in ("stages", "recipes", "dvc.yaml", "params.yaml", project.LOCK):
        place = folder / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    (folder / ".dvc/config").write_text("[core]\n    remote = mine\n")
    (folder / ".gitignore").write_text("/mine\n*.lock\n/.headswap/")
    (folder / "mine").write_text("mine")
    init(folder, "0.1.0")
    assert (folder / ".dvc/config").read_text() == "[core]\n    remote = mine\n"
    lines = (folder / ".gitignore").read_text().splitlines()
    assert lines[:3] == ["/mine", "*.lock", "/.headswap/"]
    assert len(lines) == len(set(lines)) and "/data/raw/" in lines
    assert project.LOCK in run_well(folder, "git", "ls-files")
    with pytest.raises(InputError, match=r"must not be a project yet, .* upgrade"):
        init(folder, "0.1.0")


def test_a_folder_within_another_repository_is_refused(made):
    with pytest.raises(InputError, match=r"the top of a git .*`git init "):
        init(made / "inner", "0.1.0")


def test_without_git_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(InputError, match="git must be installed"):
        init(tmp_path / "own", "0.1.0")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="must be a folder that can be written"):
        init(tmp_path / "own", "0.1.0")


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "own").write_text("mine")
    with pytest.raises(InputError, match="must be a folder that can be written"):
        init(tmp_path / "own", "0.1.0")
