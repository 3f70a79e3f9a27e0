"""Overrides are read and written as DVC does, and merged as DVC would."""

import pytest
from dvc.utils.hydra import apply_overrides
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from headswap.errors import InputError
from headswap.use.overrides import make_override, merge, parse_override

TEXTS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12)
NUMBERS = st.integers(-999, 9999) | st.floats(allow_nan=False, allow_infinity=False)
SINGLE = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = SINGLE | st.lists(SINGLE, max_size=3)


def params_of_dvc(tmp_path, sections, *texts):
    path = tmp_path / "params.yaml"
    yaml = YAML(typ="safe", pure=True)
    yaml.dump(sections, path)
    apply_overrides(path, list(texts))
    return yaml.load(path)


@given(st.lists(VALUES, min_size=1, max_size=3))
def test_what_is_written_is_read_again(values):
    # An interpolation would be one for DVC too.
    values = [v for v in values if "${" not in str(v)] or [0]
    written = make_override("train.hidden", values)
    read = parse_override(written.text)
    assert (read.name, read.values) == ("train.hidden", tuple(values))
    assert list(map(type, read.values)) == list(map(type, values))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("train.epochs=3", (3,)),
        ("train.learning_rate=1e-3", (0.001,)),
        ("train.strategy=sequential,cascade", ("sequential", "cascade")),
        ("train.hidden=[],[256,64]", ([], [256, 64])),
        ("backbone.name=[a@320,b]", (["a@320", "b"],)),
        ("backbone.image_size=null,160", (None, 160)),
        ("backbone.weights=none", ("none",)),
        ('data.root="/my photos [1]","b, c"', ("/my photos [1]", "b, c")),
        ("split.seed=range(1,4)", (1, 2, 3)),
        ("+data.tables.train=train.txt", ("train.txt",)),
    ],
)
def test_a_comma_separates_values_as_for_dvc(text, values):
    override = parse_override(text)
    assert override.values == values
    assert override.text == text
    assert override.name == text.partition("=")[0].lstrip("+")


@pytest.mark.parametrize(
    "text",
    [
        "train.epochs",
        "epochs=3",
        "~data.parts.val",
        "data.group_pattern=(a)",
        "train.l2=interval(1,2)",
        "data.root=glob(*)",
        "",
    ],
)
def test_what_sets_no_parameter_is_refused(text):
    with pytest.raises(
        InputError, match=r"^-S: an override must be section\.key="
    ) as e:
        parse_override(text)
    assert f"got {text!r}" in str(e.value)


@pytest.mark.parametrize(
    "text",
    [
        "train.epochs=3",
        "train.hidden=[1,2]",
        "+data.tables.train=train.txt",
        "+data.parts={more: test}",
        "++data.parts.val=test",
        "data.root=null",
    ],
)
def test_parameters_are_merged_as_dvc_merges_them(text, tmp_path):
    sections = {
        "data": {"root": "a", "tables": {}, "parts": {"val": "validation"}},
        "train": {"epochs": 60, "hidden": [3]},
    }
    override = parse_override(text)
    merged = merge(sections, [(override.name, override.values[0])])
    assert merged == params_of_dvc(tmp_path, sections, text)
    assert merged != sections


def test_a_key_that_the_user_chooses_need_not_be_there(tmp_path):
    sections = {"data": {"parts": {"val": "validation"}}}
    for key in ("val", "more"):
        override = make_override(f"data.parts.{key}", ["test"])
        merged = params_of_dvc(tmp_path, sections, override.text)
        assert merged["data"]["parts"][key] == "test"
