"""Images without a label of a task are dealt like all others, and counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headswap.artifacts.dataset.tasks import Task
from headswap.split.class_counts import NO_LABEL, count_classes, draw_class_counts
from headswap.split.stage import _say, divide
from tests.made import make_index

KIND = Task("kind", "multiclass", ("a", "b", "c"))
SIZE = Task("size", "multiclass", ("large", "small"))


@pytest.fixture(scope="session")
def split(section):
    """split(kinds, sizes, **changes): how images of these labels are divided."""

    def make(kinds, sizes, **changes):
        names = [f"image{number:03}" for number in range(len(kinds))]
        index = make_index(names, {"kind": kinds, "size": sizes}, [KIND, SIZE])
        options = {"method": "stratified", "validation": 0.2, "test": 0.2, "repeats": 1}
        groups = np.array(index.image_ids)
        return index, divide(index, groups, section("split", **(options | changes)), [])

    return make


@given(
    st.integers(0, 10),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.2, 3]),
)
def test_every_part_has_its_share_of_images_without_a_label(split, tens, seed, test):
    # 15 images a kind; of the others only the size is known.
    kinds = ["a", "b", "c"] * 15 + [""] * 5 * tens
    sizes = ["large", "small"] * len(kinds)
    index, found = split(kinds, sizes[: len(kinds)], seed=seed, test=test)
    counts = {
        (task, label, part): images
        for task, label, part, images in count_classes(index, found)
    }
    for kind in "abc":
        for part in ("validation", "test"):
            assert abs(counts["kind", kind, part] - 3) <= 1
    if tens:
        assert abs(counts["kind", NO_LABEL, "test"] - tens) <= 1
        assert abs(counts["kind", NO_LABEL, "train"] - 3 * tens) <= 2
    assert ("kind", NO_LABEL, "test") in counts or not tens
    assert ("size", NO_LABEL, "test") not in counts


@pytest.mark.parametrize("balance", ["undersample", "oversample"])
def test_balancing_leaves_images_without_a_label_as_they_are(split, balance):
    kinds = ["a"] * 10 + ["b", "c"] * 20 + [""] * 10
    _, found = split(kinds, ["large", "small"] * 30, balance=balance)
    trains = found.parts[0] == "train"
    assert (found.times[0][50:][trains[50:]] == 1).all()


def test_they_are_no_class_of_which_there_are_few(split, capsys, tmp_path):
    kinds = ["a", "b", "c"] * 60 + [""] * 5
    index, found = split(kinds, ["large"] * 90 + ["small"] * 95)
    counts = count_classes(index, found)
    capsys.readouterr()
    _say(found, counts)
    assert "warning" not in capsys.readouterr().out
    draw_class_counts(tmp_path / "classes.png", counts)
