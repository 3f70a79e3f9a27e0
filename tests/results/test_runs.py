"""Settings and runs: what each run sets, and every fault at once."""

import pytest

from headswap.errors import InputError
from results.listing import parse, read_listing
from results.runs import parse_runs, unknown_parameters


def parse_one(entries, settings=None):
    """The overrides of one run, and the faults."""
    faults = []
    runs = parse_runs(settings or {}, {"one": entries}, faults)
    return runs["one"].overrides, faults


def test_a_run_is_its_overrides_as_they_stand():
    entries = ["train.epochs=3", "data.levels=[split,scene]"]
    assert parse_one(entries) == (tuple(entries), [])


def test_settings_stand_in_the_place_of_their_name():
    settings = {"few": ["split.test=3", "split.repeats=5"]}
    overrides, faults = parse_one(["few", "train.epochs=3"], settings)
    assert overrides == ("split.test=3", "split.repeats=5", "train.epochs=3")
    assert faults == []


@pytest.mark.parametrize(
    "entry", ["fewer", "epochs=3", "train.epochs=", "train.epochs", 3, {"train": 3}]
)
def test_an_entry_has_to_set_a_parameter_or_name_settings(entry):
    _, (fault,) = parse_one([entry], {"few": []})
    assert fault.startswith("results/runs.yaml: runs.one must be section.key=value, ")
    assert f"recipes/NAME.yaml or one of few, got {entry!r}. " in fault


def test_settings_cannot_name_settings():
    settings = {"few": ["split.test=3"], "fewer": ["few"]}
    faults = []
    parse_runs(settings, {}, faults)
    assert len(faults) == 1
    assert "settings.fewer must be section.key=value, got 'few'" in faults[0]


def test_a_parameter_set_twice_is_a_fault():
    _, (fault,) = parse_one(["few", "split.test=4"], {"few": ["split.test=3"]})
    assert "each parameter once, got 'split.test'" in fault


def test_several_values_of_which_dvc_makes_several_experiments_are_a_fault():
    _, (fault,) = parse_one(["train.strategy=sequential,cascade"])
    assert "one value each" in fault


@pytest.mark.parametrize("name", ["a run", "a/b", "Run", "-a", ""])
def test_a_name_that_git_may_refuse_is_a_fault(name):
    faults = []
    parse_runs({}, {name: []}, faults)
    assert len(faults) == 1
    assert f"got {name!r}" in faults[0]


@pytest.fixture
def recipe(tmp_path):
    """A folder with recipes/one.yaml, which sweeps the strategy."""
    path = tmp_path / "recipes" / "one.yaml"
    path.parent.mkdir()
    text = "train: {epochs: 3, hidden: [2]}\nsweep: {train.strategy: [a, b]}\n"
    path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_recipe_gives_what_a_run_does_not_set_itself(recipe):
    faults = []
    entries = ["recipes/one.yaml", "few", "train.strategy=a"]
    settings = {"few": ["train.epochs=4"]}
    run = parse_runs(settings, {"one": entries}, faults, recipe)["one"]
    assert faults == []
    assert run.overrides == ("train.epochs=4", "train.strategy=a", "train.hidden=[2]")
    assert run.recipe == "recipes/one.yaml"
    assert run.entries == ("train.epochs=4", "train.strategy=a")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (["recipes/one.yaml"], "runs.one must be one experiment"),
        (["recipes/two.yaml"], "two.yaml: the file must be readable"),
        (
            ["recipes/one.yaml", "recipes/one.yaml", "train.strategy=a"],
            "runs.one must be made of one recipe",
        ),
        (["recipes/one.yaml", "train.strategy=a", "train.l2=(a)"], "got 'train.l2=(a)"),
    ],
)
def test_a_recipe_that_gives_no_single_run_is_a_fault(recipe, entries, expected):
    faults = []
    parse_runs({}, {"one": entries}, faults, recipe)
    assert len(faults) == 1
    assert expected in faults[0]


def test_all_faults_of_the_file_are_reported_at_once():
    with pytest.raises(InputError) as caught:
        parse({"setings": {}, "runs": {"one": "train.epochs=3"}, "tables": []})
    assert [line.split(" must be ")[0] for line in str(caught.value).splitlines()] == [
        "results/runs.yaml: a section",
        "results/runs.yaml: runs.one",
        "results/runs.yaml: tables",
    ]


@pytest.mark.parametrize("content", [None, [], "text", {1: {}}])
def test_a_file_without_sections_is_a_fault(content):
    with pytest.raises(InputError, match="the file must be a mapping"):
        parse(content)


def test_a_file_that_is_no_yaml_is_a_fault(tmp_path):
    path = tmp_path / "runs.yaml"
    path.write_text("runs: [a", encoding="utf-8")
    with pytest.raises(InputError, match="must be valid YAML"):
        read_listing(path)


def test_a_file_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(InputError, match="must be readable"):
        read_listing(tmp_path / "runs.yaml")


def test_a_parameter_that_params_yaml_lacks_is_found():
    runs = {"one": ("train.epochs=3", "train.epoch=3"), "two": ("tain.epochs.x=3",)}
    faults = unknown_parameters(runs, {"train": {"epochs": 60}})
    assert len(faults) == 2
    assert "runs.one must be overrides" in faults[0]
    assert "got 'train.epoch=3'" in faults[0]
    assert "got 'tain.epochs.x=3'" in faults[1]
