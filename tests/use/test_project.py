"""A project of one's own: `headswap init` makes it, `headswap upgrade` brings it up."""

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
from headswap.use.project.parameters import bring_up, comments
from headswap.use.project.upgrade import upgrade
from tests.clones import run_well

ROOT = Path(__file__).parents[2]
OLD = "headswap 0.0.9 wrote this\n"


@pytest.fixture(autouse=True)
def without_a_page(monkeypatch):
    """The page of plots has a test of its own."""
    monkeypatch.setattr("headswap.use.project.init.write_page", lambda folder: None)


@pytest.fixture(scope="module")
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


def commit(folder):
    run_well(folder, "git", "add", "-A")
    run_well(folder, "git", "commit", "-q", "--allow-empty", "-m", "more")


def texts(folder):
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and ".git" not in file.relative_to(folder).parts
    }


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


DEFAULT = """# What c says.
first:
  b: 1
  c:
    deep: [1, 2]
  new: "|"
  d: 2

# Of the second.
second:
  moved: 5
  e: null
"""
USER = """# Mine.
first:
  a: 7  # because of the camera
  # Between.
  c: {deep: [3]}
  d: 2
  old: [1,
    2]
  # Of nothing.
  other: 1
"""
BROUGHT_UP = """# Mine.
first:
  b: 7  # because of the camera
  # Between.
  c: {deep: [3]}
  new: "|"
  d: 2
  old: [1,
    2]
  # Of nothing.
  other: 1

# Of the second.
second:
  moved: 5
  e: null
"""


def test_parameters_keep_values_comments_and_all_other_lines():
    text, done = bring_up(USER, DEFAULT, {"first.a": "first.b"}, {}, "params.yaml")
    assert text == BROUGHT_UP
    assert done == [
        "first.a is called first.b now",
        'first.new is new, with its default "|"',
        "second is new, a section with its defaults",
        "first.old is no parameter of this version: remove or rename it",
        "first.other is no parameter of this version: remove or rename it",
    ]
    assert bring_up(text, DEFAULT, {}, {}, "params.yaml")[0] == text


def test_comments_are_this_version_s_where_nobody_edited_them():
    written = {name: project.hash_text(text) for name, text in comments(USER).items()}
    text, _ = bring_up(USER, DEFAULT, {}, written, "params.yaml")
    assert text.startswith("# What c says.\nfirst:\n")
    edited = USER.replace("# Mine.", "# Mine, too.")
    text, _ = bring_up(edited, DEFAULT, {}, written, "params.yaml")
    assert text.startswith("# Mine, too.\nfirst:\n")


def test_a_parameter_moves_to_another_section_with_its_value():
    user = "first:\n  b: 1\n  old: 9 # mine\nsecond:\n  e: 2\n"
    default = "first:\n  b: 1\nsecond:\n  moved: 5\n  e: null\n"
    renamed = {"first.old": "second.moved"}
    text, _ = bring_up(user, default, renamed, {}, "params.yaml")
    assert text == "first:\n  b: 1\nsecond:\n  moved: 9 # mine\n  e: 2\n"


def test_every_rename_leads_to_a_parameter_and_from_none():
    known = params.load(ROOT / "params.yaml")
    for old, new in params.RENAMED.items():
        (section, key), (new_section, new_key) = old.split("."), new.split(".")
        assert key not in known[section] and new_key in known[new_section]


def test_parameters_in_braces_are_refused():
    with pytest.raises(InputError, match="first must have a line of its own"):
        bring_up("first: {b: 1}\n", DEFAULT, {}, {}, "params.yaml")
