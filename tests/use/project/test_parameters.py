"""A params.yaml of an older version keeps its values, comments and lines."""

from pathlib import Path

import pytest

from headswap import params
from headswap.errors import InputError
from headswap.machine import project
from headswap.use.project.parameters import bring_up, comments

ROOT = Path(__file__).parents[3]


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
