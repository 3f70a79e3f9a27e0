"""Tasks that are levels of one tree, and why others are none."""

import numpy as np
import pytest

from headswap.artifacts.dataset.relations import find_relations
from headswap.artifacts.dataset.tasks import Task
from headswap.artifacts.dataset.trees import find_tree
from headswap.errors import InputError

CELLS = {
    "kind": ["oak", "elm", "rose", "lily", "iris", "pine"],
    "family": ["leaf", "leaf", "bloom", "bulb", "bulb", "needle"],
    "plant": ["tree", "tree", "flower", "flower", "flower", "tree"],
}


def tree_of(cells, **more):
    tasks = [Task(name, "multiclass", tuple(dict.fromkeys(c))) for name, c in cells]
    tasks += [Task(name, kind, ("a", "b")) for name, kind in more.items()]
    known = {**dict(cells), **{name: ["a", "b"] * 3 for name in more}}
    relations, _ = find_relations(tasks, known)
    return find_tree(tasks, relations)


def test_a_path_leads_from_each_finest_class_to_the_coarsest_level():
    tree = tree_of(list(CELLS.items())[::-1])
    assert [level.name for level in tree.levels] == ["kind", "family", "plant"]
    assert tree.name == "kind_in_family_in_plant"
    for path, *names in zip(tree.paths, *CELLS.values(), strict=True):
        levels = zip(tree.levels, path, strict=True)
        assert [level.class_names[i] for level, i in levels] == names
    np.testing.assert_array_equal(tree.paths[:, 0], np.arange(6))


def test_what_is_no_tree_is_refused_with_every_reason():
    crossed = {**CELLS, "plant": ["tree", "flower"] * 3}
    with pytest.raises(InputError, match=r"not every family lies in one plant\. Set"):
        tree_of(crossed.items())
    with pytest.raises(InputError, match=r"there is one task, kind"):
        tree_of([("kind", CELLS["kind"])])
    with pytest.raises(InputError, match=r"tags is multilabel"):
        tree_of(CELLS.items(), tags="multilabel")


def test_a_class_without_a_place_in_the_tree_is_named():
    """It could never be chosen, or not with any other."""
    lonely = {
        "kind": ["oak", "elm", "rose", "lily", ""],
        "plant": ["tree", "tree", "flower", "flower", "moss"],
    }
    tasks = [
        Task("kind", "multiclass", ("oak", "elm", "rose", "lily")),
        Task("plant", "multiclass", ("tree", "flower", "moss")),
    ]
    relations, _ = find_relations(tasks, lonely)
    with pytest.raises(InputError, match=r"plant moss has no kind"):
        find_tree(tasks, relations)
    tasks[0] = Task("kind", "multiclass", (*tasks[0].class_names, "fern"))
    with pytest.raises(InputError, match=r"kind fern has no plant; plant moss has"):
        find_tree(tasks, relations)
