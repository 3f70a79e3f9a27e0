"""Whether one task's classes divide another's is read off the labels."""

from headswap.artifacts.dataset.relations import Relation, find_relations
from headswap.artifacts.dataset.tasks import Task


def make_tasks(cells, kind="multiclass"):
    return [
        Task(name, kind, tuple(sorted(set(column)))) for name, column in cells.items()
    ]


TREE = {
    "plant": ["tree", "tree", "flower", "flower", "tree"],
    "kind": ["oak", "elm", "rose", "lily", "oak"],
}


def test_a_tree_is_found_with_the_parent_of_each_class():
    relations, breaks = find_relations(make_tasks(TREE), TREE)
    parents = {"elm": "tree", "lily": "flower", "oak": "tree", "rose": "flower"}
    assert relations == [Relation("kind", "plant", parents)]
    assert relations[0].name == "kind_in_plant"
    assert breaks == []


def test_the_order_of_the_tasks_does_not_matter():
    cells = dict(reversed(TREE.items()))
    assert find_relations(make_tasks(cells), cells) == find_relations(
        make_tasks(TREE), TREE
    )


def test_the_classes_that_break_a_tree_are_named():
    cells = {
        "plant": [*TREE["plant"], "flower", "flower", "tree"],
        "kind": [*TREE["kind"], "oak", "elm", "lily"],
    }
    relations, breaks = find_relations(make_tasks(cells), cells)
    assert relations == []
    assert breaks == [
        "kind 'elm' lies in several classes of plant: flower, tree",
        "kind 'lily' lies in several classes of plant: flower, tree",
        "kind 'oak' lies in several classes of plant: flower, tree",
    ]


def test_a_class_that_lies_in_many_has_ten_of_them_named():
    coarse = [f"coarse{number:02}" for number in range(15)]
    fine = ["same", *(f"fine{number:02}" for number in range(16))]
    cells = {"fine": ["same"] * 15 + fine, "coarse": coarse * 2 + coarse[:2]}
    _, [sentence] = find_relations(make_tasks(cells), cells)
    assert "coarse09 and 5 more" in sentence


def test_three_levels_have_three_relations():
    cells = {
        "a": ["x", "x", "x", "x", "y", "y"],
        "b": ["xa", "xa", "xb", "xb", "ya", "ya"],
        "c": ["1", "2", "3", "4", "5", "6"],
    }
    relations, breaks = find_relations(make_tasks(cells), cells)
    assert [relation.name for relation in relations] == ["b_in_a", "c_in_a", "c_in_b"]
    assert breaks == []


def test_multilabel_tasks_have_no_relations():
    assert find_relations(make_tasks(TREE, "multilabel"), TREE) == ([], [])


def test_tasks_of_one_size_or_of_one_class_have_no_relations():
    same = {"a": ["x", "y"], "b": ["1", "2"]}
    one = {"a": ["x", "x"], "b": ["1", "2"]}
    assert find_relations(make_tasks(same), same) == ([], [])
    assert find_relations(make_tasks(one), one) == ([], [])


def test_one_task_alone_has_no_relations():
    cells = {"kind": TREE["kind"]}
    assert find_relations(make_tasks(cells), cells) == ([], [])
