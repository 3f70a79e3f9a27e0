"""What no single module can keep: import order, dvc.yaml's dependencies, thin stages.

DVC does not follow imports: a module that a stage reaches and dvc.yaml does not name
would leave stale results behind after an edit.
"""

import ast
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from headswap import params, registry

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "headswap"
STAGES = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))[
    "stages"
]
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted((ROOT / "stages").glob("*.py"))
MAX_STAGE_LINES = 60


def relative(path):
    return path.relative_to(ROOT).as_posix()


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def find_module(name):
    """The files that importing a dotted name runs; none where it is not ours."""
    parts = name.split(".")
    top = {"headswap": SOURCE, "stages": ROOT}.get(parts[0])
    if top is None:
        return []
    files = []
    for length in range(1, len(parts) + 1):
        place = top.joinpath(*parts[:length])
        if place.with_suffix(".py").is_file():
            files.append(place.with_suffix(".py"))
        elif (place / "__init__.py").is_file():
            files.append(place / "__init__.py")
    return files


def imported_names(tree):
    """Every dotted name a file imports, at its top or inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module
            # A name may be a module of its own: `from headswap import params`.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree, module, function):
    """The first argument of every `module.function(...)`."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == f"{module}.{function}"
        ):
            first = node.args[0]
            yield first.value if isinstance(first, ast.Constant) else None


def reached_from(path):
    """The files of this repository that a file needs directly."""
    tree = parse(path)
    files = set()
    for name in imported_names(tree):
        files.update(find_module(name))
    for folder in calls(tree, "registry", "load"):
        assert folder, f"{relative(path)}: registry.load needs its folder as text"
        files.update((PACKAGE / folder).glob("*.py"))
    for section in calls(tree, "params", "read"):
        files.update(find_module(f"headswap.params.{section}"))
    if any(True for _ in calls(tree, "params", "check")):
        files.update((PACKAGE / "params").glob("*.py"))
    return files


def all_reached_from(path):
    reached, waiting = set(), [path]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting += reached_from(current)
    return reached


def covers(dependency, path):
    return relative(path) == dependency or relative(path).startswith(f"{dependency}/")


def code_dependencies(stage):
    names = [name for name in STAGES[stage]["deps"] if isinstance(name, str)]
    return [name for name in names if name.startswith(("src/", "stages/"))]


def listed_order():
    """The module names in the docstring of the package, from top to bottom."""
    docstring = ast.get_docstring(parse(PACKAGE / "__init__.py"))
    found = re.search(r"above itself:(.*?)\.(\s|$)", docstring, re.DOTALL)
    assert found, "the docstring of headswap must list its modules after a colon"
    return [name.strip(" `\n") for name in found[1].split(",")]


def name_in_order(path):
    """The name a file goes by in that list: a package counts as one."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_module_has_its_place_in_the_order():
    names = {name_in_order(path) for path in MODULES} - {"__init__"}
    order = listed_order()
    assert sorted(order) == sorted(set(order))
    assert names - set(order) == set(), "modules that the docstring does not list"
    assert set(order) - names == set(), "names in the docstring that are no module"


def test_modules_import_only_from_modules_above_themselves():
    position = {name: number for number, name in enumerate(listed_order())}
    upward = set()
    for path in MODULES:
        name = name_in_order(path)
        for target in reached_from(path):
            other = (
                name_in_order(target) if target.is_relative_to(PACKAGE) else "stages"
            )
            # What the list lacks is the matter of the test above.
            is_listed = name in position and other in position
            if name != other and is_listed and position[other] > position[name]:
                upward.add(f"{relative(path)} imports {other}")
            if other == "stages":
                upward.add(f"{relative(path)} imports {other}")
    assert sorted(upward) == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_module_a_stage_reaches_is_among_its_dependencies(stage):
    dependencies = code_dependencies(stage)
    missing = sorted(
        relative(path)
        for path in all_reached_from(ROOT / "stages" / f"{stage}.py")
        if not any(covers(dependency, path) for dependency in dependencies)
    )
    assert missing == [], f"add to the deps of {stage} in dvc.yaml"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_no_code_it_does_not_reach(stage):
    reached = all_reached_from(ROOT / "stages" / f"{stage}.py")
    superfluous = [
        dependency
        for dependency in code_dependencies(stage)
        if not any(covers(dependency, path) for path in reached)
    ]
    assert superfluous == [], f"remove from the deps of {stage} in dvc.yaml"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_names_each_dependency_once(stage):
    dependencies = code_dependencies(stage)
    assert len(dependencies) == len(set(dependencies))
    assert [name for name in dependencies if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_names_the_sections_it_reads(stage):
    entries = STAGES[stage].get("params", [])
    declared = {entry.split(".")[0] for entry in entries}
    if stage == "check":
        assert declared == set(registry.names("params"))
    else:
        script = parse(ROOT / "stages" / f"{stage}.py")
        assert declared == set(calls(script, "params", "read"))


def test_sections_are_read_in_stages_alone():
    assert [
        relative(path)
        for path in MODULES
        if any(True for _ in calls(parse(path), "params", "read"))
    ] == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_the_script_of_its_name(stage):
    assert STAGES[stage]["cmd"].startswith(f"python -m stages.{stage} ")


def test_every_script_is_a_stage():
    assert {path.stem for path in SCRIPTS} - {"__init__"} == set(STAGES)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_stage_is_thin(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < MAX_STAGE_LINES


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=relative)
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(parse(path))


def test_params_yaml_has_exactly_the_sections_there_are():
    assert sorted(params.load(ROOT / "params.yaml")) == registry.names("params")
