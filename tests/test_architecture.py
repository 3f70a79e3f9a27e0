"""What no single module can keep: rooms, dvc.yaml's dependencies, thin stages.

DVC does not follow imports: a module that a stage reaches and dvc.yaml does not name
would leave stale results behind after an edit.
"""

import ast
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from headswap import params, registry
from headswap.check.inputs import BACKEND_LIBRARIES, KERAS_STAGES, LIBRARIES
from headswap.machine.closure import imported_files

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "headswap"
STAGES = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))[
    "stages"
]
# `check` always runs, and so depends on nothing.
COMPUTING = [stage for stage in STAGES if stage != "check"]
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted((ROOT / "stages").glob("*.py"))
MAX_STAGE_LINES = 60
MAX_MODULE_LINES = 250
MAX_DVC_LINES = 320


def relative(path):
    return path.relative_to(ROOT).as_posix()


@cache
def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def calls(tree, function):
    """The arguments of every call of a function by its name, None where computed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == function:
            yield [
                argument.value if isinstance(argument, ast.Constant) else None
                for argument in node.args
            ]


@cache
def reached_from(path):
    """The files of this repository that a file needs directly."""
    files = set(imported_files(path, (SOURCE, ROOT)))
    tree = parse(path)
    for folder, *_ in calls(tree, "registry.load"):
        assert folder, f"{relative(path)}: registry.load needs its folder as text"
        files.update((PACKAGE / folder).glob("*.py"))
    for section in sections_of(path):
        files.add(PACKAGE / "params" / f"{section}.py")
    return files


def sections_of(path):
    """The sections of params.yaml that a stage's script asks for."""
    found = list(calls(parse(path), "run")) if path.parent.name == "stages" else []
    return set(found[0][1:]) if found else set()


@cache
def all_reached_from(path):
    reached, waiting = set(), [path]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting += reached_from(current)
    return reached


def has_code(path):
    """Whether there is more in a file than its docstring."""
    return len(parse(path).body) > 1


def covers(dependency, path):
    return relative(path) == dependency or relative(path).startswith(f"{dependency}/")


def code_dependencies(stage):
    names = [name for name in STAGES[stage]["deps"] if isinstance(name, str)]
    return [name for name in names if name.startswith(("src/", "stages/"))]


def stages_rerun_by(path):
    """The stages that DVC runs again by itself when a file is edited."""
    return {
        stage
        for stage in COMPUTING
        if any(covers(name, ROOT / path) for name in code_dependencies(stage))
    }


def rooms():
    """The rooms in the docstring of the package, from low to high."""
    docstring = ast.get_docstring(parse(PACKAGE / "__init__.py"))
    found = re.search(r"rooms before it:(.*?)\.(\s|$)", docstring, re.DOTALL)
    assert found, "the docstring of headswap must list its rooms after a colon"
    return [name.strip(" `\n") for name in found[1].split(",")]


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def arrows():
    """Every (room, room it imports from)."""
    return {
        (room_of(path), room_of(target))
        for path in MODULES
        for target in reached_from(path)
        if target.is_relative_to(PACKAGE)
    }


def test_every_module_is_in_a_room():
    names = {room_of(path) for path in MODULES} - {"__init__"}
    assert sorted(rooms()) == sorted(names)


def test_rooms_import_only_from_rooms_below():
    position = {name: number for number, name in enumerate(["__init__", *rooms()])}
    upward = [(a, b) for a, b in arrows() if position[b] > position[a]]
    assert upward == []


def test_no_stage_imports_from_another_stage():
    across = [(a, b) for a, b in arrows() if a != b and {a, b} <= set(STAGES)]
    assert across == []


def test_what_is_done_with_results_needs_no_stage():
    assert [b for a, b in arrows() if a == "use" and b in STAGES] == []


def test_nothing_imports_from_the_scripts_of_the_stages():
    scripts = {path for module in MODULES for path in reached_from(module)}
    assert [path for path in scripts if not path.is_relative_to(PACKAGE)] == []


@pytest.mark.parametrize("stage", COMPUTING)
def test_every_module_a_stage_reaches_is_among_its_dependencies(stage):
    dependencies = code_dependencies(stage)
    missing = sorted(
        relative(path)
        for path in all_reached_from(ROOT / "stages" / f"{stage}.py")
        if has_code(path) and not any(covers(name, path) for name in dependencies)
    )
    assert missing == [], f"add to the deps of {stage} in dvc.yaml"


@pytest.mark.parametrize("stage", COMPUTING)
def test_a_stage_depends_on_no_folder_it_does_not_reach(stage):
    reached = all_reached_from(ROOT / "stages" / f"{stage}.py")
    superfluous = [
        dependency
        for dependency in code_dependencies(stage)
        if not any(covers(dependency, path) for path in reached)
    ]
    assert superfluous == [], f"remove from the deps of {stage} in dvc.yaml"


@pytest.mark.parametrize("stage", COMPUTING)
def test_a_stage_names_each_dependency_once(stage):
    dependencies = code_dependencies(stage)
    assert len(dependencies) == len(set(dependencies))
    assert [name for name in dependencies if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("stage", COMPUTING)
def test_a_stage_depends_on_its_own_inputs_alone(stage):
    inputs = [name for name in STAGES[stage]["deps"] if "data/inputs" in name]
    assert inputs == [f"data/inputs/{stage}.json"]


def test_an_edit_of_the_model_s_format_reruns_training_and_what_follows():
    edited = "src/headswap/artifacts/model/predictions.py"
    assert stages_rerun_by(edited) == {"train", "evaluate", "report", "bundle"}


def test_an_edit_of_a_strategy_reruns_training_alone():
    assert stages_rerun_by("src/headswap/train/strategies/cascade.py") == {"train"}


def test_an_edit_of_a_layout_reruns_prepare_alone():
    assert stages_rerun_by("src/headswap/prepare/layouts/csv.py") == {"prepare"}


@pytest.mark.parametrize("stage", COMPUTING)
def test_a_stage_names_the_sections_it_reads(stage):
    declared = {entry.split(".")[0] for entry in STAGES[stage].get("params", [])}
    assert declared == sections_of(ROOT / "stages" / f"{stage}.py")


def test_sections_are_read_for_the_stages_in_one_place():
    readers = [p for p in (*MODULES, *SCRIPTS) if list(calls(parse(p), "params.read"))]
    assert list(map(relative, readers)) == ["stages/__init__.py"]


def third_party(path):
    """The packages a file imports that are neither ours nor Python's own."""
    names = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"headswap", "stages"}


# What only reads parameters, draws bars, asks for memory or keeps what was computed
# changes no result.
WITHOUT_INFLUENCE = {
    "filelock",
    "platformdirs",
    "psutil",
    "pydantic",
    "ray",
    "ruamel",
    "tqdm",
    "upath",
}


@pytest.mark.parametrize("stage", COMPUTING)
@pytest.mark.survives("faults")
def test_the_versions_of_all_libraries_a_stage_computes_with_are_inputs(stage):
    recorded = {*LIBRARIES[stage]}
    if stage in KERAS_STAGES:
        recorded |= {name for names in BACKEND_LIBRARIES.values() for name in names}
    if stage == "features":
        # An engine has the name of its package.
        recorded |= {*registry.names("engines")}
    distributions = packages_distributions()
    missing = {
        name
        for path in all_reached_from(ROOT / "stages" / f"{stage}.py")
        if stage in KERAS_STAGES or path.name != "backend.py"
        for name in third_party(path) - WITHOUT_INFLUENCE
        if recorded.isdisjoint(map(str.lower, distributions.get(name, [name])))
    }
    assert missing == set(), f"add to LIBRARIES in check/inputs.py for {stage}"


@pytest.mark.survives("doors")
@pytest.mark.parametrize("stage", STAGES)
def test_no_parameter_is_part_of_a_command_that_a_shell_reads(stage):
    assert "$" not in STAGES[stage]["cmd"]
    assert re.fullmatch(r"python -m stages\.\w+( [\w./]+)+", STAGES[stage]["cmd"])


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_the_script_of_its_name(stage):
    assert STAGES[stage]["cmd"].startswith(f"python -m stages.{stage} ")


def test_every_script_is_a_stage():
    assert {path.stem for path in SCRIPTS} - {"__init__"} == set(STAGES)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_stage_is_thin(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < MAX_STAGE_LINES


def test_no_module_is_about_too_much():
    lengths = {relative(p): len(p.read_text().splitlines()) for p in MODULES}
    too_long = {name: n for name, n in lengths.items() if n > MAX_MODULE_LINES}
    assert too_long == {}
    assert len((ROOT / "dvc.yaml").read_text().splitlines()) < MAX_DVC_LINES


def test_arrays_are_mapped_in_one_place():
    """Where threads are safe; NumPy's own way is not, see map_file."""
    mapping = {relative(p) for p in MODULES if "mmap_mode" in p.read_text()}
    assert mapping == {"src/headswap/artifacts/storage/files.py"}


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=relative)
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(parse(path))


def test_params_yaml_has_exactly_the_sections_there_are():
    assert sorted(params.load(ROOT / "params.yaml")) == registry.names("params")


HEAVY = {"keras", "openvino", "tensorflow", "matplotlib", "sklearn", "scipy.stats"}
# These have to do with pixels, and so need OpenCV at once.
PIXEL_STAGES = {"prepare", "augment", "features"}


def imported_by(modules):
    """The names of all modules that importing some modules brings."""
    script = f"import sys, {', '.join(modules)}\nprint(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stdout.split())


def test_opening_a_room_imports_nothing_heavy():
    opened = [f"headswap.{room}" for room in rooms()]
    opened += [
        ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for path in (PACKAGE / "artifacts").rglob("[!_]*.py")
    ]
    assert {*HEAVY, "cv2"} & imported_by(opened) == set()


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_a_stage_that_may_not_need_a_library_starts_without(stage):
    heavy = HEAVY if stage in PIXEL_STAGES else {*HEAVY, "cv2"}
    assert heavy & imported_by([f"headswap.{stage}.stage"]) == set()
