"""The recipes of the repository: valid, as documented, and true to their sources."""

import re

import keras
import pytest

from headswap import params, registry
from headswap.artifacts.dataset.tasks import Task
from headswap.train.descent.heads import hidden_layers, output_layer, strength
from headswap.use.overrides import merge, parse_override
from headswap.use.recipe import apply_overrides, combinations, read_recipe

RECIPES = ("approaches", "best", "quick", "r1", "r2", "r3", "r4")


@pytest.fixture(scope="module")
def experiments(repository):
    """experiments(name, *overrides): the sections of each, checked."""

    def make(name, *overrides):
        recipe = read_recipe(repository / "recipes" / f"{name}.yaml")
        defaults = params.load(repository / "params.yaml")
        return [
            params.check(merge(defaults, settings), name)
            for grid in apply_overrides(recipe, list(map(parse_override, overrides)))
            for settings in combinations(grid)
        ]

    return make


def test_every_recipe_is_tested(repository):
    found = sorted(path.stem for path in (repository / "recipes").iterdir())
    assert found == list(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_asks_for_something_valid_and_says_its_command(
    name, repository, experiments
):
    assert experiments(name)
    text = (repository / "recipes" / f"{name}.yaml").read_text(encoding="utf-8")
    assert re.search(rf"^#     headswap sweep recipes/{name}\.yaml -S ", text, re.M)


def test_r1_compares_its_five_approaches(experiments):
    found = [(x["train"].strategy, x["train"].order) for x in experiments("r1")]
    assert found[:4] == [
        ("sequential", "coarsest_first"),
        ("sequential", "finest_first"),
        ("cascade", "coarsest_first"),
        ("cascade", "finest_first"),
    ]
    assert found[4][0] == "multi_output"
    assert len(found) == 5


@pytest.mark.slow
def test_r1_has_the_parameters_that_r1_counted(experiments):
    sections = experiments("r1", "train.strategy=multi_output")[0]
    options, backbone = sections["train"], sections["backbone"]
    size = sections["prepare"].image_size
    pixels = keras.Input((size, size, 3), dtype="uint8")
    network = registry.load("features/backbones", backbone.name).build(pixels, None)

    vector = keras.Input(network.output.shape[-1:])
    trunk = hidden_layers(vector, options, "trunk")
    landmark = Task("landmark", "multiclass", tuple(map(str, range(30))))
    head = keras.Model(vector, output_layer(landmark, strength(options))(trunk))
    category = Task("category", "multiclass", tuple(map(str, range(6))))
    swapped = keras.Model(trunk, output_layer(category, strength(options))(trunk))

    frozen, trained = network.count_params(), head.count_params()
    assert (frozen + trained, trained, frozen) == (6_574_898, 2_525_327, 4_049_571)
    assert swapped.count_params() == 186
