"""The repository's own runs.yaml, figures and pages go together."""

import copy
import re
import shlex

import pytest
from ruamel.yaml import YAML

from headswap import params
from headswap.errors import InputError
from headswap.use.sweep.plan import plan
from results.__main__ import PAGES, find_command, render
from results.answers import read_answers
from results.listing import read_listing
from results.rendering import fill_places
from results.runs import parameter_of, unknown_parameters
from results.stored import read_figures


@pytest.fixture(scope="module")
def listing(repository):
    return read_listing(repository / "results" / "runs.yaml")


@pytest.fixture(scope="module")
def defaults(repository):
    return params.load(repository / params.PARAMS_FILE)


@pytest.fixture(scope="module")
def stored(repository):
    return read_figures(repository / "results" / "figures")


def test_every_override_names_a_parameter_that_exists(listing, defaults):
    assert unknown_parameters(listing.runs, defaults) == []


def test_every_run_asks_for_something_valid(listing, defaults):
    for name, overrides in listing.runs.items():
        sections = copy.deepcopy(defaults)
        for override in overrides:
            *path, key = parameter_of(override).split(".")
            place = sections
            for part in path:
                place = place[part]
            value = override.partition("=")[2]
            place[key] = YAML(typ="safe", pure=True).load(value)
        params.check(sections, f"runs.{name}")


def test_every_run_gives_a_cell_or_is_compared(listing):
    shown = {
        cell.run
        for table in listing.tables.values()
        for row in table.rows
        for cell in row
        if not isinstance(cell, str)
    }
    compared = {run for runs in listing.answers.values() for run in runs}
    assert shown | compared == set(listing.runs)


def test_every_stored_file_belongs_to_a_run(listing, stored):
    assert set(stored) - set(listing.runs) == set()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_is_stored(page, repository, listing):
    text = (repository / page).read_text(encoding="utf-8")
    filled = fill_places(text, render(repository, listing), page)
    assert text == filled, "run `python -m results --pages`"


def test_every_table_and_answer_has_a_place(repository, listing):
    pages = [(repository / page).read_text(encoding="utf-8") for page in PAGES]
    assert [
        name
        for name in render(repository, listing)
        if not any(f"<!-- {name} -->" in text for text in pages)
    ] == []


def test_every_answer_is_of_runs_that_were_made(repository, listing):
    assert set(read_answers(repository / "results" / "answers")) <= set(listing.answers)


def test_every_command_on_the_page_is_that_of_a_run(repository, listing):
    text = (repository / "results" / "README.md").read_text(encoding="utf-8")
    shown = re.findall(
        r"^```sh\n((?:dvc exp run|headswap sweep) .*?)\n```$",
        text,
        re.MULTILINE | re.DOTALL,
    )
    assert shown
    assert set(shown) <= {find_command(listing, name) for name in listing.runs}


def test_a_recipe_s_command_runs_what_the_figures_are_of(
    repository, listing, monkeypatch
):
    monkeypatch.chdir(repository)
    for name, command in listing.commands.items():
        words = shlex.split(command.replace("\\\n", ""))
        if words[0] == "headswap":
            (grid,) = plan(words[2], words[4::2])
            assert sorted(x.text for x in grid.values()) == sorted(listing.runs[name])


def test_the_command_of_an_unknown_run_is_a_fault(listing):
    with pytest.raises(InputError, match=r"NAME must be one of .*, got 'nothing'"):
        find_command(listing, "nothing")
