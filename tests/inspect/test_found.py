"""The counts of data.json have the right values, and hang on no network."""

import shutil

import numpy as np
import pytest

from headswap.inspect.found import MAX_REASONS, kind_of_reason
from tests.inspect.conftest import separable

LEVELS = {"levels": ("label",)}


def features(index):
    return {"net": separable(index)}


@pytest.fixture
def untidy(raw):
    """The raw folder with two duplicates, a conflict and three broken files."""
    for name in ("again", "once_more"):
        shutil.copy(raw / "class0/00.png", raw / f"class0/{name}.png")
    shutil.copy(raw / "class1/12.png", raw / "class2/other.png")
    (raw / "class0/cut.png").write_bytes((raw / "class0/01.png").read_bytes()[:300])
    (raw / "class0/short.png").write_bytes((raw / "class0/02.png").read_bytes()[:200])
    (raw / "class1/empty.jpg").write_bytes(b"")
    return raw


def test_everything_is_counted(inspect, untidy):
    counts, *_ = inspect(untidy, features, **LEVELS)
    suspects = counts.pop("suspects")
    assert suspects.keys() == {"label"}
    assert counts == {
        "images": 37,
        "groups": 35,
        "largest_group": 3,
        "classes": {"label": 3},
        "smallest_class": {"label": 11},
        "rejected": {
            "in_all": 5,
            "damaged_png": 2,
            "same_picture_other_label": 2,
            "the_file_is_empty": 1,
        },
        "duplicates": 2,
        "near_duplicates": 0,
        "same_moment": 0,
        "conflicts": 2,
        "leaks": 0,
    }


def test_a_tidy_data_set_has_nothing_wrong(inspect, raw):
    counts, *_ = inspect(raw, features, **LEVELS)
    assert counts["rejected"] == {"in_all": 0}
    assert counts["duplicates"] == counts["conflicts"] == counts["leaks"] == 0
    assert counts["images"] == counts["groups"] == 36


def test_leaks_between_given_parts_are_counted(inspect, tmp_path, raw):
    root = tmp_path / "parted"
    for part, numbers in (("train", "0123456"), ("validation", "78"), ("test", "9")):
        for path in sorted(raw.rglob("*.png")):
            if path.stem[-1] in numbers:
                target = root / part / path.parent.name
                target.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    shutil.copy(root / "train/class0/00.png", root / "test/class0/leak.png")
    levels = {"levels": ("split", "label")}
    counts, page, _ = inspect(root, features, method="predefined", **levels)
    assert counts["leaks"] == 2
    page = page.replace("<wbr>", "")
    leaks = page.partition("Leaks between given parts</h2>")[2]
    assert "train/class0/00.png" in leaks
    assert "test/class0/leak.png" in leaks


def test_nothing_but_suspects_moves_with_the_network(inspect, untidy):
    def other(index):
        random = np.random.default_rng(5)
        return {"other": random.normal(size=(len(index.paths), 7)).astype("float32")}

    first, *_ = inspect(untidy, features, **LEVELS)
    second, *_ = inspect(untidy, other, **LEVELS)
    assert first.pop("suspects") != second.pop("suspects")
    assert first == second


def test_the_same_data_give_the_same_bytes(inspect, untidy):
    _, page, suspects = inspect(untidy, features, **LEVELS)
    table = suspects.read_bytes()
    _, again, suspects = inspect(untidy, features, **LEVELS)
    assert again == page
    assert suspects.read_bytes() == table


def test_what_is_particular_to_a_file_is_no_kind_of_reason():
    assert kind_of_reason("damaged PNG: broken at 17") == "damaged PNG"
    assert kind_of_reason("the file is empty") == "the file is empty"
    assert MAX_REASONS > 10
