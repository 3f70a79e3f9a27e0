"""Files that are no data are passed over or left out, and counted."""

import pytest

from headswap.artifacts.dataset.index import read_index
from headswap.errors import InputError
from headswap.prepare.layouts import folders
from headswap.prepare.listing import Listing, Row
from headswap.prepare.no_data import ENDINGS, FILES, FOLDERS, is_no_data, leave_out
from headswap.prepare.stage import prepare_images
from headswap.prepare.walking import IMAGE_SUFFIXES


def make_listing(tmp_path, *paths, rejected=()):
    rows = [Row(path, (("kind",),)) for path in paths]
    reasons = [(path, "reason") for path in rejected]
    return Listing(tmp_path, rows, {"label": "multiclass"}, rejected=reasons)


@pytest.fixture
def left(section, tmp_path):
    """left(exclude, *paths, **changes): the paths of a listing that stay in it."""

    def call(exclude, *paths, rejected=(), **changes):
        data = section("data", exclude=tuple(exclude), **changes)
        listing = make_listing(tmp_path, *paths, rejected=rejected)
        found = leave_out(listing, data)
        return [row.path for row in found.rows] + [path for path, _ in found.rejected]

    return call


@pytest.mark.parametrize(
    "name",
    [
        "@eaDir",
        "@__thumb",
        "@Recycle",
        "#recycle",
        "Thumbs.db",
        "Cat Previews.lrdata",
        ".x",
    ],
)
def test_what_disks_and_programs_leave_is_no_data(name):
    assert is_no_data(name)


@pytest.mark.parametrize(
    "name", ["cat", "previews", "thumbnails", "recycle", "xmp", "cat.xmp.jpg", "@home"]
)
def test_what_a_class_or_a_picture_may_be_called_is_data(name):
    assert not is_no_data(name)


@pytest.mark.parametrize("names", [FILES, FOLDERS, ENDINGS])
def test_the_lists_are_in_lower_case_and_name_no_kind_of_picture(names):
    assert all(name == name.lower() for name in names)
    assert not IMAGE_SUFFIXES & set(names)


def test_preview_folders_at_every_level_are_passed_over_and_counted(
    section, tmp_path, write_picture
):
    for place in (
        "cat/1.jpg",
        "cat/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg",
        "@eaDir/2.jpg",
    ):
        write_picture(tmp_path / place, 1)
    data = section("data", root=str(tmp_path), layout="folders", levels=("kind",))
    listing = folders.read(data)
    assert [row.path for row in listing.rows] == ["cat/1.jpg"]
    assert listing.num_skipped == 2


def test_masks_beside_their_pictures_are_left_out_and_named(left, capsys):
    pictures = [
        "a/1 (2).png",
        "a/1_mask.png",
        "b/2.jpg",
        "b/mask.png",
        "c/x_mask_3.jpg",
    ]
    masks = ["a/1 (2)_mask.png", "a/1 (2)_mask_1.png", "b/2_Segmentation.png"]
    # No picture x or 1 lies beside those of that name.
    assert left([], *pictures, *masks) == pictures
    [note] = capsys.readouterr().out.splitlines()
    assert note.startswith(
        "note: 3 masks or previews beside their pictures are left out: a/1"
    )


@pytest.mark.parametrize(
    "path",
    [
        *(f"a/1{end}.png" for end in ("_seg", "_GT", ".mask", "_labelIds", "_trimap")),
        *("a/mask_1.png", "a/1Mask.png", "a/1-depth.png", "a/1_annotation.png"),
        *("b/masks/2.png", "b/labels/2.png", "b/Ground_Truth/2.png"),
        *("a/thumbs/1.jpg", "a/previews/1.png"),
    ],
)
def test_masks_and_previews_by_any_usual_name_are_left_out(left, path):
    pictures = ["a/1.png", "b/images/2.png"]
    assert left([], *pictures, path) == pictures


@pytest.mark.parametrize(
    "path", ["a/thumbs/3.png", "a/unmask.png", "c/masks/2.png", "masks/d/2.png"]
)
def test_what_belongs_to_no_picture_is_one_itself(left, path):
    pictures = ["a/1.png", "b/images/2.png", "images/d/2.png"]
    assert left([], *pictures, path) == [*pictures, path]


def test_what_a_table_names_is_no_mask(left):
    paths = ["a/1.png", "a/1_mask.png"]
    assert left([], *paths, layout="csv") == paths


@pytest.mark.parametrize(
    ("pattern", "stays"),
    [
        ("*.tif", ["a/1.png", "a/old/2.png", "old/a/3.png"]),
        ("old", ["a/1.png", "b/4.tif"]),
        ("old/", ["a/1.png", "b/4.tif"]),
        ("a", ["b/4.tif"]),
        ("a/old", ["a/1.png", "old/a/3.png", "b/4.tif"]),
        ("*/old/*", ["a/1.png", "old/a/3.png", "b/4.tif"]),
        ("[14].*", ["a/old/2.png", "old/a/3.png"]),
        ("/b/4.tif", ["a/1.png", "a/old/2.png", "old/a/3.png"]),
    ],
)
def test_a_pattern_excludes_files_and_folders(left, capsys, pattern, stays):
    paths = ["a/1.png", "a/old/2.png", "old/a/3.png", "b/4.tif"]
    assert left([pattern], *paths) == stays
    said = f"data.exclude leaves out {len(paths) - len(stays)} files\n"
    assert capsys.readouterr().out == said


def test_files_that_cannot_be_labelled_are_excluded_too(left):
    assert left(["*.txt"], "a/1.png", rejected=["notes.txt", "2.png"]) == [
        "a/1.png",
        "2.png",
    ]


def test_every_pattern_that_matches_nothing_is_refused(left):
    with pytest.raises(InputError) as caught:
        left(["*.gif", "*.png", "A"], "a/1.png", "a/2.jpg")
    first, second = str(caught.value).splitlines()
    assert first.startswith("data.exclude: every pattern must match")
    assert "'*.gif'" in first and "'A'" in second and "a/1.png" in second


def test_patterns_that_leave_nothing_are_refused(left):
    with pytest.raises(InputError, match=r"data\.exclude: it must leave pictures"):
        left(["a"], "a/1.png")


def test_a_class_of_excluded_files_alone_is_no_class(
    section, tmp_path, write_picture, inputs_of_prepare
):
    for number, place in enumerate(("cat/1.png", "dog/2.png", "masks/1.png")):
        write_picture(tmp_path / "raw" / place, number)
    data = section(
        "data",
        root=str(tmp_path / "raw"),
        layout="folders",
        levels=("kind",),
        exclude=("masks",),
    )
    options = section("prepare", image_size=16)
    prepare_images(inputs_of_prepare, data, options, tmp_path / "prepared")
    [task] = read_index(tmp_path / "prepared").tasks
    assert task.class_names == ("cat", "dog")


def test_a_part_without_labels_and_an_empty_folder_can_be_excluded(
    section, tmp_path, write_picture
):
    for number, name in enumerate(("train/a/0.png", "test/b/1.png", "unlabeled/2.png")):
        write_picture(tmp_path / name, number)
    (tmp_path / "train" / "empty").mkdir()
    options = {"root": str(tmp_path), "levels": ("split", "label")}
    data = section("data", **options, exclude=("unlabeled", "train/empty"))
    listing = leave_out(folders.read(data), data)
    assert [row.path for row in listing.rows] == ["test/b/1.png", "train/a/0.png"]
    assert listing.rejected == []
