"""Tasks and their classes: order, encoding and `labels.json`."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.artifacts.dataset.labels import Labels, read_labels, write_labels
from headswap.artifacts.dataset.relations import Relation
from headswap.artifacts.dataset.tasks import Task, finest, ordered

CATEGORY = Task("category", "multiclass", ("church", "temple"))
LANDMARK = Task("landmark", "multiclass", ("dome", "pagoda", "spire"))
TAGS = Task("tags", "multilabel", ("night", "people", "snow"))


def make_tasks(sizes):
    return [
        Task(f"task{number}", "multiclass", tuple(f"class{i}" for i in range(size)))
        for number, size in enumerate(sizes)
    ]


TASK_LISTS = st.lists(st.integers(1, 6), min_size=1, max_size=5).map(make_tasks)


def test_a_multiclass_cell_sets_exactly_its_class():
    targets = LANDMARK.encode(["spire", "dome", "spire"])
    assert targets.dtype == np.float32
    np.testing.assert_array_equal(targets, [[0, 0, 1], [1, 0, 0], [0, 0, 1]])


def test_a_multilabel_cell_sets_any_number_of_classes():
    targets = TAGS.encode(["snow|night", "", "people"])
    np.testing.assert_array_equal(targets, [[1, 0, 1], [0, 0, 0], [0, 1, 0]])


def test_no_cells_give_no_targets():
    assert CATEGORY.encode([]).shape == (0, 2)


def test_a_multiclass_name_may_hold_the_separator():
    task = Task("sign", "multiclass", ("no|entry", "stop"))
    np.testing.assert_array_equal(task.encode(["no|entry"]), [[1, 0]])


def test_the_finest_task_has_the_most_classes():
    assert finest([CATEGORY, LANDMARK]) == LANDMARK
    assert finest([LANDMARK, CATEGORY]) == LANDMARK


def test_of_two_tasks_of_one_size_the_later_is_finer():
    assert finest([LANDMARK, TAGS]) == TAGS


@given(TASK_LISTS)
def test_an_order_by_size_holds_every_task_once_and_goes_one_way(tasks):
    fine_to_coarse = ordered(tasks, "finest_first")
    sizes = [task.num_classes for task in fine_to_coarse]
    assert sizes == sorted(sizes, reverse=True)
    assert sorted(task.name for task in fine_to_coarse) == [t.name for t in tasks]
    assert fine_to_coarse[0] == finest(tasks)
    assert ordered(tasks, "coarsest_first") == fine_to_coarse[::-1]


@given(
    TASK_LISTS.flatmap(lambda tasks: st.tuples(st.just(tasks), st.permutations(tasks)))
)
def test_an_order_by_name_is_kept(tasks_and_order):
    tasks, wanted = tasks_and_order
    assert ordered(tasks, [task.name for task in wanted]) == list(wanted)


def test_labels_come_back_in_their_order(tmp_path):
    tasks = [LANDMARK, CATEGORY, TAGS, Task("ort", "multiclass", ("東京", "b", "a"))]
    parents = {"dome": "church", "pagoda": "temple", "spire": "church"}
    labels = Labels(tasks, [Relation("landmark", "category", parents)])
    write_labels(tmp_path / "labels.json", labels)
    assert read_labels(tmp_path / "labels.json") == labels


def test_labels_are_readable_json(tmp_path):
    labels = Labels([Task("ort", "multiclass", ("Köln",))], [])
    write_labels(tmp_path / "labels.json", labels)
    text = (tmp_path / "labels.json").read_text(encoding="utf-8")
    assert "Köln" in text
    assert text.endswith("\n")
    assert json.loads(text)["tasks"][0]["class_names"] == ["Köln"]


@pytest.mark.parametrize("task", [CATEGORY, LANDMARK, TAGS])
def test_a_task_counts_its_classes(task):
    assert task.num_classes == len(task.class_names)
