"""params.yaml is checked as a whole; every fault is named, all in one error."""

import copy
import dataclasses
import datetime
import shutil

import pytest
from dvc.utils.hydra import apply_overrides

from headswap import params, registry
from headswap.errors import InputError
from headswap.machine import backend
from headswap.params import features
from headswap.params._data_faults import NOT_READ
from headswap.params._types import KEYS_DVC_IGNORES

# Parameter, a value it cannot have, what has to be said instead.
FAULTS = [
    ("data.root", "", "at least 1 character"),
    ("data.layout", "zip", "one of "),
    ("data.levels", [], "different names"),
    ("data.levels", ["kind", "kind"], "different names"),
    ("data.levels", ["split"], "at least one task"),
    ("data.levels", "category", "array"),
    ("data.delimiter", "ab", "comma, tab, semicolon, space, bar or a single"),
    ("data.separator", "", "at least 1 character"),
    ("prepare.image_size", "255", "integer"),
    ("prepare.image_size", 255.5, "integer"),
    ("prepare.image_size", 4, "greater than or equal to 8"),
    ("prepare.depth", 7, "greater than or equal to 8"),
    ("prepare.resize", "stretch", "'pad' or 'squash'"),
    ("split.method", "chance", "'stratified'"),
    ("split.test", 0, "greater than"),
    ("split.test", 1.5, "integer or less than 1"),
    ("split.test", "3", "integer or number"),
    ("split.test", True, "integer or number"),
    ("split.validation", -0.2, "greater than 0"),
    ("split.seed", -1, "greater than or equal to 0"),
    ("augment.policy", ["random"], "'each' or 'random'"),
    ("augment.rotate", 181, "less than or equal to 180"),
    ("augment.zoom", 1, "less than 1"),
    ("augment.flip_vertical", "no", "boolean"),
    ("augment.noise", float("nan"), "finite number"),
    ("backbone.name", "vgg99", "one of "),
    ("backbone.name", "vgg16@0", "one of "),
    ("backbone.name", ["vgg16", "vgg16"], "repeats (vgg16 stands twice)"),
    ("backbone.name", ["a/own.keras", "b/own.keras"], "(own-keras stands twice)"),
    ("backbone.unfreeze", "last_three", "'last_block', 'last_two' or 'all'"),
    ("backbone.weights", None, "string"),
    ("backbone.pooling", "median", "'average'"),
    ("features.views", ["plain", "plain"], "different views, plain among them"),
    ("features.views", ["flip"], "different views, plain among them"),
    ("features.views", [], "different views, plain among them"),
    ("features.engine", "onnx", "one of keras, openvino"),
    ("features.batch_size", 0, "greater than or equal to 1"),
    ("train.strategy", "best", "one of "),
    ("train.order", "sideways", "'finest_first' or 'coarsest_first' or array"),
    ("train.hidden", 128, "array"),
    ("train.dropout", -0.1, "greater than or equal to 0"),
    ("train.learning_rate", "fast", "number"),
    ("train.learning_rate", float("inf"), "finite number"),
    ("train.epochs", 0, "greater than or equal to 1"),
    ("train.activation", "step", "'relu'"),
]


@pytest.fixture
def sections(repository):
    """The sections of the repository's params.yaml, free to be changed."""
    return copy.deepcopy(params.load(repository / "params.yaml"))


def put(sections, name, value):
    section, key = name.split(".")
    sections[section][key] = value


def faults_of(sections):
    with pytest.raises(InputError) as caught:
        params.check(sections)
    return str(caught.value).splitlines()


def test_the_parameters_of_the_repository_are_valid(sections):
    parsed = params.check(sections)
    assert sorted(parsed) == registry.names("params")


@pytest.mark.parametrize(("name", "value", "expected"), FAULTS)
def test_a_wrong_value_is_named_with_what_was_expected(sections, name, value, expected):
    put(sections, name, value)
    [fault] = faults_of(sections)
    assert fault.startswith(f"params.yaml: {name} must be ")
    assert expected in fault
    assert f"got {value!r}. " in fault


def test_an_unknown_view_is_answered_with_those_there_are(sections):
    put(sections, "features.views", ["plain", "turn"])
    [fault] = faults_of(sections)
    assert fault.startswith("params.yaml: features.views.1 must be 'plain' or 'flip'")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"backbone.name": ["vgg16@64", "vgg16@400"]},
            "the size in backbone.name (vgg16-at-400) must be at most "
            "prepare.image_size, 320, got 400. Raise prepare.image_size, or lower it.",
        ),
        (
            {"backbone.name": ["vgg16@64", "resnet50"], "backbone.image_size": 321},
            "backbone.image_size must be at most prepare.image_size, 320, got 321. "
            "Raise prepare.image_size, or lower it.",
        ),
        (
            {"backbone.name": ["vgg16", "vgg16@320"]},
            "backbone.name must be a list without repeats, got vgg16 twice at 320 "
            "pixels. Remove one, or give it another size.",
        ),
        (
            {"backbone.name": ["own.keras", "vgg16"], "backbone.weights": "none"},
            "backbone.weights must be imagenet beside a .keras file, which has its "
            "own, got 'none'. Set it so.",
        ),
    ],
)
def test_networks_that_do_not_fit_the_other_parameters_are_refused(
    sections, changes, expected
):
    for name, value in changes.items():
        put(sections, name, value)
    assert faults_of(sections) == [f"params.yaml: {expected}"]


@pytest.mark.parametrize(
    ("name", "source", "size", "key"),
    [
        ("vgg16", "vgg16", 64, "vgg16"),
        ("vgg16@224", "vgg16", 224, "vgg16-at-224"),
        ("my nets/own.v2.keras", "my nets/own.v2.keras", 64, "own-v2-keras"),
        ("/a@b/_own.keras@96", "/a@b/_own.keras", 96, "own-keras-at-96"),
    ],
)
def test_a_network_has_a_name_that_layers_can_have(sections, name, source, size, key):
    put(sections, "backbone.image_size", 64)
    put(sections, "backbone.name", name)
    [network] = params.check(sections)["backbone"].networks
    assert (network.source, network.image_size, network.key) == (source, size, key)


def test_a_fault_inside_a_list_is_named_by_its_place(sections):
    put(sections, "train.hidden", [128, 0, "wide"])
    first, second = faults_of(sections)
    assert first.startswith("params.yaml: train.hidden.1 must be greater than or")
    assert second.startswith("params.yaml: train.hidden.2 must be integer, got 'wide'")


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("data.layout", "prepare/layouts"),
        ("backbone.name", "features/backbones"),
        ("train.strategy", "train/strategies"),
    ],
)
def test_an_unknown_part_is_answered_with_the_parts_there_are(sections, name, folder):
    put(sections, name, "nothing_of_the_kind")
    [fault] = faults_of(sections)
    assert all(choice in fault for choice in registry.names(folder))


def test_a_mistyped_key_and_the_missing_one_are_both_named(sections):
    keys = ", ".join(sections["train"])
    sections["train"]["epoch"] = sections["train"].pop("epochs")
    faults = faults_of(sections)
    assert len(faults) == 2
    assert "params.yaml: train.epochs must be given. Add it." in faults
    assert (
        "params.yaml: train.epoch must be one of the section's parameters, "
        f"{keys}. Remove or rename it." in faults
    )


def test_a_section_nobody_reads_is_refused(sections):
    sections["trian"] = {"epochs": 3}
    [fault] = faults_of(sections)
    assert fault.startswith("params.yaml: trian must be one of ")
    assert all(name in fault for name in registry.names("params"))


@pytest.mark.parametrize("emptied", [None, {}])
def test_an_empty_section_lacks_all_its_parameters(sections, emptied):
    sections["prepare"] = emptied
    faults = faults_of(sections)
    assert sorted(faults) == [
        "params.yaml: prepare.depth must be given. Add it.",
        "params.yaml: prepare.image_size must be given. Add it.",
        "params.yaml: prepare.resize must be given. Add it.",
    ]


def test_a_missing_section_lacks_all_its_parameters(sections):
    del sections["features"]
    for fault in faults_of(sections):
        assert fault.startswith("params.yaml: features.")
        assert fault.endswith(" must be given. Add it.")


def test_a_section_that_holds_no_parameters_is_named(sections):
    sections["prepare"] = 5
    [fault] = faults_of(sections)
    assert fault.startswith("params.yaml: prepare must be ")
    assert "got 5. " in fault


@pytest.mark.parametrize(
    "order", [["category", "nothing"], ["category"], ["category", "category"], []]
)
def test_an_order_has_to_name_each_task_once(sections, order):
    put(sections, "data.levels", ["category", "landmark"])
    put(sections, "train.order", order)
    [fault] = faults_of(sections)
    assert fault.startswith("params.yaml: train.order must be finest_first, ")
    assert "category, landmark" in fault
    assert f"got {order}. " in fault


def test_an_order_of_all_tasks_is_accepted(sections):
    put(sections, "data.levels", ["category", "landmark"])
    put(sections, "train.order", ["landmark", "category"])
    assert params.check(sections)["train"].order == ("landmark", "category")


def test_all_faults_of_all_sections_come_in_one_error(sections):
    wrong = {
        "data.layout": "zip",
        "prepare.image_size": 4,
        "split.test": 1.5,
        "augment.rotate": 181,
        "backbone.name": "vgg99",
        "train.strategy": "best",
        "train.epochs": "many",
    }
    for name, value in wrong.items():
        put(sections, name, value)
    sections["features"]["length"] = 3
    sections["extra"] = {}
    del sections["prepare"]["resize"]
    faults = faults_of(sections)
    named = [*wrong, "features.length", "extra", "prepare.resize"]
    assert len(faults) == len(named)
    for name in named:
        assert any(fault.startswith(f"params.yaml: {name} ") for fault in faults)


def test_sections_cannot_be_changed(sections):
    for parsed in params.check(sections).values():
        for field in dataclasses.fields(parsed):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(parsed, field.name, None)


@pytest.mark.parametrize(("size", "kind"), [(3, int), (0.2, float)])
def test_a_part_is_a_number_of_images_or_a_share(sections, size, kind):
    put(sections, "split.test", size)
    parsed = params.check(sections)["split"].test
    assert parsed == size
    assert type(parsed) is kind


def test_lists_become_tuples(sections):
    put(sections, "train.hidden", [64, 32])
    assert params.check(sections)["train"].hidden == (64, 32)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        ("-2.5e+2", -250.0),
        (".5", 0.5),
        ("3.", 3.0),
        ("3", 3),
        ("-3", -3),
        ("0", 0),
    ],
)
def test_numbers_are_read_as_dvc_writes_them(tmp_path, text, value):
    (tmp_path / "params.yaml").write_text(f"train: {{rate: {text}}}", encoding="utf-8")
    found = params.load(tmp_path / "params.yaml")["train"]["rate"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["e-3", "1e", "1-3", "v1e3", "1e-3s", '"1e-3"'])
def test_text_that_only_resembles_a_number_stays_text(tmp_path, text):
    (tmp_path / "params.yaml").write_text(f"name: {text}", encoding="utf-8")
    assert params.load(tmp_path / "params.yaml")["name"] == text.strip('"')


def test_a_learning_rate_may_be_written_with_an_exponent(repository, tmp_path):
    text = (repository / "params.yaml").read_text(encoding="utf-8")
    start = text.index("\ntrain:")
    line = next(part for part in text[start:].splitlines() if "learning_rate:" in part)
    changed = text[:start] + text[start:].replace(line, "  learning_rate: 1e-3")
    (tmp_path / "params.yaml").write_text(changed, encoding="utf-8")
    assert params.read("train", tmp_path / "params.yaml").learning_rate == 0.001


def test_reading_one_section_leaves_the_others_unchecked(tmp_path):
    text = "prepare: {image_size: 32, resize: pad, depth: null}\ntrain: nonsense\n"
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    assert params.read("prepare", tmp_path / "params.yaml").image_size == 32


def test_reading_one_section_reports_all_its_faults(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(
        "prepare: {image_size: 2, resize: fold, depth: 12}\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        params.read("prepare", path)
    first, second = str(caught.value).splitlines()
    assert first.startswith(f"{path}: prepare.image_size must be ")
    assert second.startswith(f"{path}: prepare.resize must be ")


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"absent\.yaml: the file must be readable"):
        params.load(tmp_path / "absent.yaml")


def test_broken_yaml_is_an_input_error_with_the_line(tmp_path):
    (tmp_path / "params.yaml").write_text("data:\n  levels: [a,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"params\.yaml: .* valid YAML[\s\S]*line"):
        params.load(tmp_path / "params.yaml")


@pytest.mark.parametrize("text", ["# nothing yet\n", "[1, 2]\n", "word\n"])
def test_a_file_without_sections_is_an_error(tmp_path, text):
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="must hold sections of parameters"):
        params.load(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 0.001), ("010", 10), ("08", 8), ("no", "no"), ("true", True)],
)
def test_values_are_read_as_yaml_1_2(tmp_path, text, value):
    (tmp_path / "params.yaml").write_text(f"train:\n  x: {text}\n", encoding="utf-8")
    assert params.load(tmp_path / "params.yaml") == {"train": {"x": value}}


def test_a_mistyped_key_with_a_hyphen_keeps_its_name(repository):
    sections = params.load(repository / "params.yaml")
    sections["train"]["learning-rate"] = 0.1
    with pytest.raises(
        InputError, match=r"train\.learning-rate must be one of .*, learning_rate, "
    ):
        params.check(sections)


def test_a_date_is_reported_as_a_wrong_value(repository):
    sections = params.load(repository / "params.yaml")
    sections["train"]["seed"] = datetime.date(2020, 1, 1)
    with pytest.raises(InputError, match=r"train\.seed must be integer"):
        params.check(sections)


def test_lists_can_be_set_and_set_back_on_the_command_line(repository, tmp_path):
    """DVC loses the line end after a list that is followed by a comment."""
    path = tmp_path / "params.yaml"
    shutil.copy(repository / "params.yaml", path)
    before = params.load(path)
    there = [
        "train.hidden=[8,4]",
        "data.classes=[a]",
        "train.order=[category,landmark]",
    ]
    back = ["train.hidden=[]", "data.classes=[]", "train.order=finest_first"]
    levels = ["data.levels=[split,scene]", "backbone.name=[vgg16@64,a/own.keras]"]
    levels_back = [
        "data.levels=[category,landmark]",
        "backbone.name=efficientnet_lite0",
    ]
    for overrides in (there, back, levels, levels_back, there, back):
        apply_overrides(path, overrides)
        assert set(params.load(path)) == set(before)
    assert params.load(path) == before


@pytest.mark.parametrize(("old", "new"), params.RENAMED.items())
def test_an_old_name_is_answered_with_the_new_one(sections, old, new):
    put(sections, old, 3)
    [fault] = faults_of(sections)
    assert fault == f"params.yaml: {old} must be called {new} now. Rename it."
    section, key = new.split(".")
    assert key in sections[section]


def keys_of(value):
    """Every key in nested mappings and lists."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def test_no_parameter_has_a_name_that_dvc_does_not_see_change(sections):
    assert set(keys_of(sections)).isdisjoint(KEYS_DVC_IGNORES)
    for name in registry.names("params"):
        kind = registry.load("params", name).Section
        assert {field.name for field in dataclasses.fields(kind)}.isdisjoint(
            KEYS_DVC_IGNORES
        )


@pytest.mark.parametrize("key", KEYS_DVC_IGNORES)
@pytest.mark.parametrize("name", ["data.tables", "data.parts", "data.class_names"])
def test_a_key_that_dvc_does_not_see_change_is_refused(sections, name, key):
    put(sections, name, {key: "train"})
    [fault] = faults_of(sections)
    assert fault.startswith(f"params.yaml: {name} must be mapping without the keys")
    assert f"({key})" in fault


@pytest.mark.parametrize("pattern", ["", "/", 3])
def test_an_exclusion_that_names_nothing_is_refused(sections, pattern):
    put(sections, "data.exclude", ["*.png", pattern])
    [fault] = faults_of(sections)
    assert fault.startswith("params.yaml: data.exclude.1 must be ")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"data.group": "a", "data.group_pattern": "b"}, "must not both be given"),
        ({"data.slices": ["camera"]}, "data.slices must be among data.levels"),
        ({"data.slices": ["category"] * 2}, "data.slices must be list of different"),
        (
            {"data.levels": ["split", "kind"], "data.slices": ["split"]},
            "data.slices must name no path, part or task",
        ),
        ({"data.group": "patient"}, "data.group must be one of data.levels"),
        ({"data.layout": "voc", "data.group": "a"}, "must be null for the layout voc"),
        ({"data.levels": ["patient"], "data.group": "patient"}, "must name a task"),
        ({"data.levels": ["split", "a"], "data.group": "split"}, "must be no path"),
        ({"data.group_pattern": "("}, "data.group_pattern must be regular expr"),
    ],
)
def test_groups_that_cannot_be_found_are_refused(sections, changes, expected):
    for name, value in {"data.levels": ["a", "b"], **changes}.items():
        put(sections, name, value)
    faults = faults_of(sections)
    assert any(expected in fault for fault in faults)


COLUMN_SETTINGS = {
    "data.table": ("labels.csv", "null"),
    "data.tables": ({"train": "train.csv"}, "{}"),
    "data.columns": (["path", "kind"], "null"),
    "data.tasks": (["kind"], "null"),
    "data.delimiter": (";", "null"),
    "data.multilabel": (["kind"], "[]"),
    "data.separator": (";", "|"),
    "data.one_hot": ({"kind": ["a", "b"]}, "{}"),
    "data.class_names": ({"kind": "names.txt"}, "{}"),
}


@pytest.mark.parametrize("layout", ["folders", "voc"])
@pytest.mark.parametrize("name", COLUMN_SETTINGS)
def test_a_setting_that_the_layout_does_not_read_is_refused(sections, layout, name):
    value, empty = COLUMN_SETTINGS[name]
    put(sections, "data.layout", layout)
    put(sections, name, value)
    [fault] = faults_of(sections)
    assert fault.startswith(f"params.yaml: {name} must be {empty} for the layout ")
    assert f"which does not read it, got {value!r}. " in fault


def test_every_setting_of_the_data_is_read_by_its_layout_or_refused(sections):
    always_read = {
        *("root", "layout", "parts", "classes", "unlabelled", "group_pattern"),
        *("exclude", "corrections", "conflicts", "seed"),
    }
    # It has a value from the start, which no other layout asks to remove.
    always_given = {"levels"}
    settings = {field.name for field in dataclasses.fields(params.data.Section)}
    refused = {*NOT_READ["voc"]}
    assert settings == always_read | always_given | refused


def test_images_without_a_label_are_drawn_only_where_there_can_be_any(sections):
    put(sections, "data.unlabelled", 5)
    [fault] = faults_of(sections)
    assert "must be all where no task has several labels, got 5." in fault
    put(sections, "data.layout", "csv")
    put(sections, "data.table", "labels.csv")
    put(sections, "data.multilabel", ["kind"])
    params.check(sections)


def test_columns_of_0_and_1_are_one_task(sections):
    put(sections, "data.layout", "csv")
    put(sections, "data.table", "labels.csv")
    put(sections, "data.columns", ["path", "is_red", "is_old", "kind", "_"])
    put(sections, "data.one_hot", {"tags": ["is_*"]})
    put(sections, "data.unlabelled", 0.5)
    assert params.check(sections)["data"].known_tasks == ("kind", "tags")
    put(sections, "data.tasks", ["kind"])
    [fault] = faults_of(sections)
    assert fault.startswith("params.yaml: data.tasks must name the task tags of data.")
    put(sections, "data.one_hot", {"tags": [], "a b": ["x"]})
    assert len(faults_of(sections)) == 2


@pytest.mark.parametrize(
    ("name", "character"), [("tab", "\t"), ("space", " "), ("^", "^"), (None, None)]
)
def test_a_delimiter_has_a_name_or_is_a_character(sections, name, character):
    put(sections, "data.delimiter", name)
    put(sections, "data.layout", "csv")
    put(sections, "data.table", "labels.csv")
    assert params.check(sections)["data"].delimiter == character


def test_a_group_is_no_task(sections):
    put(sections, "data.levels", ["kind", "patient"])
    put(sections, "data.group", "patient")
    assert params.check(sections)["data"].known_tasks == ("kind",)


def test_an_environment_variable_that_contradicts_the_backend_is_an_error(
    sections, monkeypatch
):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    [fault] = faults_of(sections)
    assert fault.startswith("KERAS_BACKEND: ")
    assert "keras.backend=jax" in fault
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    params.check(sections)


def test_a_backend_that_is_not_installed_is_an_error(sections, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(backend, "find_spec", lambda name: None)
    put(sections, "keras.backend", "torch")
    put(sections, "features.engine", "keras")
    [fault] = faults_of(sections)
    assert fault.startswith("params.yaml: keras.backend must be installed, got 'torch'")
    assert "pip install torch" in fault


def test_an_engine_that_is_not_installed_is_an_error(sections, monkeypatch):
    monkeypatch.setattr(features, "find_spec", lambda name: None)
    assert faults_of(sections) == [
        "params.yaml: features.engine must be installed, got 'openvino', which is not. "
        "Run `pip install openvino`, or set features.engine=keras."
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"keras.backend": "jax"},
            "features.engine must be keras beside keras.backend",
        ),
        (
            {"features.engine": "keras", "features.precision": "bfloat16"},
            "features.precision must be float32 or float16 beside features.engine",
        ),
    ],
)
def test_an_engine_that_cannot_do_what_is_asked_is_an_error(
    sections, monkeypatch, changes, expected
):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    for name, value in changes.items():
        put(sections, name, value)
    [fault] = faults_of(sections)
    assert fault.startswith(f"params.yaml: {expected}")


@pytest.fixture
def read_twice(repository, tmp_path):
    """read_twice(old, new): params.yaml is changed after it was read, and compared."""
    path = tmp_path / "params.yaml"
    text = (repository / "params.yaml").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    before = params.load(path)

    def change(old, new):
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        params.require_unchanged(before, ["prepare", "split", "backbone.name"], path)

    return change


def test_a_section_that_was_edited_meanwhile_is_an_error(read_twice):
    with pytest.raises(InputError, match=r"another prepare\.image_size\. Run again"):
        read_twice("image_size: 320", "image_size: 96")


def test_a_section_that_became_invalid_meanwhile_is_an_error(read_twice):
    with pytest.raises(InputError, match=r"another prepare\.image_size\. Run again"):
        read_twice("image_size: 320", "image_size: -5")
    section = "prepare:\n  image_size: 320\n  resize: squash\n  depth: null\n"
    with pytest.raises(InputError, match=r"another .*image_size, prepare\.resize\. "):
        read_twice(section, "prepare: 3\n")


def test_a_parameter_that_was_removed_meanwhile_is_an_error(read_twice):
    with pytest.raises(InputError, match=r"another prepare\.resize\. Run again"):
        read_twice("  resize: squash\n", "")


def test_a_single_parameter_that_was_edited_meanwhile_is_an_error(read_twice):
    with pytest.raises(InputError, match=r"another backbone\.name\. Run again"):
        read_twice("name: efficientnet_lite0", "name: vgg16")


@pytest.mark.parametrize(
    ("old", "new"),
    [("copies: 0", "copies: 2"), ("pooling: power_mean", "pooling: medi")],
)
def test_what_a_stage_does_not_read_may_be_edited_meanwhile(read_twice, old, new):
    read_twice(old, new)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"train": {"hidden": [8]}}, "train.hidden=[8]"),
        ({"train": {"dropout": 0.1}}, "train.dropout=0.1"),
        ({"train": {"loss": "focal"}}, "train.loss=focal"),
        ({"backbone": {"unfreeze": 3}}, "backbone.unfreeze=3"),
        ({"backbone": {"weights": "none"}}, "backbone.weights=none"),
        ({"backbone": {"name": "cnn_simple"}}, "backbone.name=cnn_simple"),
    ],
)
def test_lbfgs_is_refused_where_it_cannot_serve(changes, named, repository):
    sections = params.load(repository / "params.yaml")
    sections["train"]["optimizer"] = "lbfgs"
    params.check(sections)
    for section, values in changes.items():
        sections[section] |= values
    with pytest.raises(InputError, match=r"train\.optimizer must be") as caught:
        params.check(sections)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hidden": [8], "batch_norm": True, "batch_size": 1}, "train.batch_size"),
        ({"epochs": 5, "min_epochs": 6}, "train.min_epochs"),
    ],
)
def test_settings_of_training_that_contradict_each_other_are_refused(
    values, message, repository
):
    sections = params.load(repository / "params.yaml")
    sections["train"] |= values
    with pytest.raises(InputError, match=f"{message} must be"):
        params.check(sections)


@pytest.mark.parametrize(
    ("train", "backbone", "message"),
    [
        ({"final": "all", "hidden": [8]}, {}, "train.final must be first"),
        ({"final": "all", "optimizer": "adam"}, {}, "train.final must be first"),
        ({"final": "all"}, {"unfreeze": 3}, "train.final must be first"),
        ({"final": "all"}, {"name": "cnn_simple"}, "train.final must be first"),
        (
            # Random and frozen: only heads are fitted.
            {"loss_weights": {"category": 2.0}},
            {"name": "vgg16", "weights": "none"},
            "train.loss_weights must be empty",
        ),
        ({"loss_weights": {"category": 2.0}}, {}, "train.loss_weights must be empty"),
        (
            {"loss_weights": {"category": 2.0}, "strategy": "cascade"},
            {"unfreeze": 3},
            "train.loss_weights must be empty",
        ),
        (
            {"loss_weights": {"colour": 2.0}, "hidden": [8]},
            {},
            "train.loss_weights must name tasks, category, landmark, got colour",
        ),
        (
            {"label_smoothing": 0.1, "loss": "focal"},
            {},
            "train.label_smoothing must",
        ),
        ({"threshold_for": {"cat": "recall > 1"}}, {}, "train.threshold_for.cat must"),
        ({"threshold_for": {"cat": "f1 >= 0.5"}}, {}, "train.threshold_for.cat must"),
    ],
)
def test_a_setting_of_the_answer_that_would_mean_nothing_is_refused(
    train, backbone, message, repository
):
    sections = params.load(repository / "params.yaml")
    sections["train"] |= train
    sections["backbone"] |= backbone
    with pytest.raises(InputError) as caught:
        params.check(sections)
    assert message in str(caught.value)


def test_settings_of_the_answer_that_mean_something_are_taken(repository):
    sections = params.load(repository / "params.yaml")
    sections["train"] |= {"final": "all", "threshold_for": {"cat": "recall>=.95"}}
    params.check(sections)
    sections["train"] |= {"final": "first", "loss_weights": {"category": 2.0}}
    sections["train"] |= {"hidden": [8], "label_smoothing": 0.1}
    params.check(sections)


@pytest.mark.parametrize("weights", ["imagenet", "none", "own.weights.h5"])
@pytest.mark.parametrize("name", ["cnn_simple", ["vgg16", "cnn_tanh"]])
def test_tasks_may_weigh_in_a_network_from_scratch(name, weights, repository):
    sections = params.load(repository / "params.yaml")
    sections["train"]["loss_weights"] = {"category": 2.0}
    sections["backbone"] |= {"name": name, "weights": weights}
    params.check(sections)
