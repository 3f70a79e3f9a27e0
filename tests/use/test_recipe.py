"""What a recipe says, and how overrides change it."""

import pytest

from headswap.errors import InputError
from headswap.use.overrides import parse_override
from headswap.use.recipe import apply_overrides, combinations, read_recipe

APPROACHES = """
train:
  hidden: [256]
sweep:
  - train.strategy: [sequential, cascade]
    train.order: [coarsest_first, finest_first]
  - train.strategy: [multi_output]
"""
NETWORKS = """
train: {epochs: 3}
sweep:
  backbone.name: [vgg16, [vgg16, xception]]
"""


@pytest.fixture
def read(tmp_path):
    """read(text): the recipe in a file."""

    def make(text):
        path = tmp_path / "recipe.yaml"
        path.write_text(text, encoding="utf-8")
        return read_recipe(path)

    return make


def run(recipe, *texts):
    """The settings of all experiments, without what they share."""
    grids = apply_overrides(recipe, list(map(parse_override, texts)))
    experiments = [dict(each) for grid in grids for each in combinations(grid)]
    return [tuple(e.get(n) for n in NAMES if n in e) for e in experiments]


NAMES = ("train.strategy", "train.order", "backbone.name", "train.epochs")


def test_a_recipe_without_a_sweep_is_one_experiment(read):
    recipe = read("train: {epochs: 3, hidden: [1, 2]}\ndata: {tables: {train: a.txt}}")
    (grid,) = apply_overrides(recipe, [])
    assert [x.text for x in grid.values()] == [
        "train.epochs=3",
        "train.hidden=[1,2]",
        "++data.tables.train=a.txt",
    ]
    assert len(list(combinations(grid))) == 1


def test_all_combinations_of_each_mapping_are_run(read):
    assert run(read(APPROACHES)) == [
        ("sequential", "coarsest_first"),
        ("sequential", "finest_first"),
        ("cascade", "coarsest_first"),
        ("cascade", "finest_first"),
        ("multi_output",),
    ]
    assert run(read(NETWORKS)) == [("vgg16", 3), (["vgg16", "xception"], 3)]


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        (["train.strategy=multi_output"], [("multi_output",)]),
        (
            ["train.strategy=cascade"],
            [("cascade", "coarsest_first"), ("cascade", "finest_first")],
        ),
        (
            ["train.strategy=sequential", "train.order=finest_first"],
            [("sequential", "finest_first")],
        ),
        (
            ["train.order=finest_first", "train.strategy=cascade,sequential"],
            [("sequential", "finest_first"), ("cascade", "finest_first")],
        ),
    ],
)
def test_an_override_picks_from_what_is_swept(read, texts, left):
    assert run(read(APPROACHES), *texts) == left


def test_an_override_picks_a_list_from_what_is_swept(read):
    picked = run(read(NETWORKS), "backbone.name=[vgg16,xception]")
    assert picked == [(["vgg16", "xception"], 3)]


def test_an_override_with_a_value_of_its_own_replaces_what_is_swept(read):
    assert run(read(NETWORKS), "backbone.name=resnet50") == [("resnet50", 3)]
    replaced = run(read(NETWORKS), "backbone.name=vgg16,resnet50")
    assert replaced == [("vgg16", 3), ("resnet50", 3)]


def test_an_override_replaces_a_setting_and_may_sweep_it(read):
    assert run(read(NETWORKS), "train.epochs=4,5", "backbone.name=vgg16") == [
        ("vgg16", 4),
        ("vgg16", 5),
    ]


def test_the_last_of_two_overrides_counts_as_for_dvc(read):
    assert run(read("train: {}"), "train.epochs=4", "train.epochs=5") == [(5,)]


def test_all_faults_of_the_form_are_named(read):
    with pytest.raises(InputError) as caught:
        read("train: 3\ndata: {1: x}\nsweep: [{train.l2: 0.1, epochs: [1]}, seven]")
    shown = str(caught.value)
    assert shown.count("\n") == 4
    for name in ("train must be", "data.1 must", "sweep.train.l2", "sweep.epochs"):
        assert name in shown
    assert "got 'seven'" in shown


@pytest.mark.parametrize("text", ["[a]", "a: [", "three"])
def test_a_file_that_is_no_recipe_is_refused(read, text):
    with pytest.raises(InputError, match=r"recipe\.yaml: the file must"):
        read(text)


def test_a_recipe_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: the file must be readable"):
        read_recipe(tmp_path / "none.yaml")
