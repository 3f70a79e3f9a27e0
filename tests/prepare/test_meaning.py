"""Structure that says nothing of the pictures is refused, and the remedy works."""

import re

import pytest

from headswap.artifacts.dataset.index import read_index
from headswap.errors import InputError
from headswap.prepare.meaning import is_part
from headswap.prepare.stage import prepare_images


@pytest.fixture
def prepare(section, tmp_path, inputs_of_prepare):
    """prepare(**changes): the index of what is prepared of the folder `raw`."""

    def call(**changes):
        options = {"root": str(tmp_path / "raw"), "levels": ("label",)} | changes
        prepare_images(
            inputs_of_prepare,
            section("data", **options),
            section("prepare", image_size=8),
            tmp_path / "prepared",
        )
        return read_index(tmp_path / "prepared")

    return call


@pytest.fixture
def put(tmp_path, write_picture):
    """put(*paths): a picture of its own at each path below `raw`."""

    def call(*paths):
        for number, path in enumerate(paths):
            write_picture(tmp_path / "raw" / path, number)

    return call


def advised(message):
    """The settings that a message says to set."""
    found = re.search(r"Set (data\.\S+?=\S+)(?: and (data\.\S+?=\S+))?[.,]", message)
    assert found, message
    pairs = [setting.split("=") for setting in found.groups() if setting]
    return {
        name.removeprefix("data."): (
            tuple(value.strip("[]").split(",")) if value[0] == "[" else value
        )
        for name, value in pairs
    }


PETS = ["bird/0.png", "cat/1.png", "dog/2.png"]


def below(*folders):
    return [f"{folder}/{path}" for folder in folders for path in PETS]


@pytest.mark.parametrize(
    ("paths", "levels", "found", "settings"),
    [
        (below("pets"), ["label"], "'pets', which holds the folders bird, cat, dog", 1),
        (below("pets/images"), ["label"], "the folders images", 1),
        (below("pets"), ["category", "landmark"], "'pets'", 2),
        (below("train", "val", "test"), ["label"], "names of parts", 1),
        (below("train", "Test"), ["category", "landmark"], "names of parts", 1),
        (below("training_set", "test_set"), ["label"], "names of parts", 1),
        (below("pets/train", "pets/test"), ["label"], "folders test, train", 2),
        (below("pets/train", "pets/test"), ["split", "label"], "got 'pets'", 1),
        (below("train/images", "test/images"), ["split", "label"], "'images'", 1),
        (below("images", "masks"), ["label"], "these say what files are", 1),
        (PETS, ["category", "landmark"], "files lie higher", 1),
        (below("train"), ["label"], "'train', which holds", 1),
    ],
)
def test_structure_without_meaning_is_refused_and_the_advice_works(
    prepare, put, paths, levels, found, settings
):
    put(*paths)
    with pytest.raises(InputError) as caught:
        prepare(levels=tuple(levels))
    assert found in str(caught.value)
    advice = advised(str(caught.value))
    assert len(advice) == settings
    known = {"training_set": "train", "test_set": "test"}
    known |= {"train": "train", "val": "validation", "test": "test"}
    index = prepare(**{"levels": tuple(levels), "parts": known} | advice)
    assert index.tasks[-1].class_names == ("bird", "cat", "dog")
    assert len(index.tasks) == 1


def test_pascal_voc_read_as_folders_is_sent_to_its_layout(prepare, put):
    put("JPEGImages/0.png", "Annotations/1.png", "ImageSets/2.png")
    with pytest.raises(InputError, match=r"what files are\. Set data\.layout=voc: "):
        prepare()


def test_pascal_voc_read_as_two_levels_is_sent_to_its_layout(prepare, put):
    put("JPEGImages/0.png", "Annotations/1.png", "ImageSets/Main/2.png")
    with pytest.raises(InputError, match=r"without: .*\. Set data\.layout=voc: "):
        prepare(levels=("category", "landmark"))


def test_levels_in_the_wrong_order_are_refused_with_the_right_one(prepare, put):
    put(*below("train", "test"))
    with pytest.raises(InputError, match=r"Set data\.levels=\[split,label\]\. Or: Say"):
        prepare(levels=("label", "split"))


def test_parts_without_classes_are_refused_with_what_is_needed(prepare, put):
    put("train/0.png", "test/1.png")
    with pytest.raises(InputError, match=r"parts\. Set data\.root to a folder that"):
        prepare()


def test_a_table_with_one_class_is_refused(prepare, put, tmp_path):
    put("0.png", "1.png")
    (tmp_path / "raw/labels.csv").write_text("path,kind\n0.png,cat\n1.png,cat\n")
    with pytest.raises(InputError, match="kind must have more than one class, got one"):
        prepare(layout="csv", table="labels.csv")


def test_a_multilabel_task_that_never_differs_is_refused(prepare, put, tmp_path):
    put("0.png", "1.png")
    table = tmp_path / "raw/labels.csv"
    table.write_text("path,kind\n0.png,cat\n1.png,cat\n")
    options = {"layout": "csv", "table": "labels.csv", "multilabel": ("kind",)}
    with pytest.raises(InputError, match="with and without a class, got 'cat' for all"):
        prepare(**options)
    table.write_text("path,kind\n0.png,cat\n1.png,\n")
    assert prepare(**options).tasks[0].class_names == ("cat",)


def test_a_train_among_vehicles_is_a_class(prepare, put):
    put("train/0.png", "car/1.png", "ship/2.png")
    assert prepare().tasks[0].class_names == ("car", "ship", "train")


def test_a_level_can_be_skipped_and_more_than_one(prepare, put):
    put("x/one/cat/0.png", "y/one/dog/1.png")
    index = prepare(levels=("_", "_", "label"))
    assert index.tasks[0].class_names == ("cat", "dog")
    assert index.given_parts == ["", ""]


def test_a_task_left_with_one_chosen_class_can_be_skipped(prepare, put):
    put("land/hill/0.png", "land/wood/1.png", "sea/reef/2.png")
    options = {"levels": ("kind", "scene"), "classes": ("hill", "wood")}
    with pytest.raises(
        InputError, match=r"kind must have .* skip that level in data\."
    ):
        prepare(**options)
    index = prepare(**options | {"levels": ("_", "scene")})
    assert index.tasks[0].class_names == ("hill", "wood")


def test_the_advice_names_a_root_with_spaces_in_quotes(prepare, put):
    put(*below("my pets"))
    with pytest.raises(InputError, match=r'Set data\.root="[^"]*/raw/my pets"\.'):
        prepare()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *[(name, True) for name in ("train", "Test", "seg_train", "test_set", "fold3")],
        *[(name, True) for name in ("train2017", "TrainImages", "val-images")],
        *[(name, False) for name in ("invalid", "test tube", "pretrain", "images", "")],
    ],
)
def test_names_of_parts_are_told_from_other_names(name, expected):
    assert is_part(name) == expected


def test_names_of_parts_below_the_levels_are_said_and_the_remedy_reads_them(
    prepare, put, capsys
):
    put(*(f"{kind}/{part}/{part}.png" for kind in "ab" for part in ("train", "val")))
    assert prepare().given_parts == [""] * 4
    printed = capsys.readouterr().out
    assert "note: the folders train, val below 'label' have names of parts" in printed
    assert "data.levels=[label,split] reads them" in printed
    found = prepare(levels=("label", "split")).given_parts
    assert found == ["train", "validation"] * 2


def test_other_folders_below_the_levels_are_not_mentioned(prepare, put, capsys):
    put("a/near/0.png", "a/train/1.png", "b/far/2.png", "b/train/3.png")
    prepare()
    assert "note: the folders" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "folders",
    [("batch_1", "batch_2"), ("2024-01-05", "2024-02-06"), ("part 1", "part 22")],
)
def test_numbered_folders_that_hold_the_same_ones_are_asked_about(
    prepare, put, folders
):
    put(*below(*folders))
    with pytest.raises(InputError, match="must be a level of classes") as caught:
        prepare()
    classes, numbers = re.findall(r"data\.levels=\[(\S+?)\]", str(caught.value))
    found = prepare(levels=tuple(classes.split(","))).tasks[0].class_names
    assert found == ("bird", "cat", "dog")
    assert prepare(levels=tuple(numbers.split(","))).tasks[0].class_names == folders


def test_named_folders_that_hold_the_same_ones_are_noted(prepare, put, capsys):
    put(*below("indoor", "outdoor"))
    prepare()
    noted = (
        "the folders of 'label' are indoor, outdoor, which all hold the folders bird"
    )
    assert noted in capsys.readouterr().out


@pytest.mark.parametrize(
    "folders", [("trainA", "testA"), ("Xtrain", "Xtest"), ("训练", "测试")]
)
def test_parts_by_other_names_are_known(prepare, put, folders):
    put(*below(*folders))
    with pytest.raises(InputError, match="these are names of parts"):
        prepare()
