"""The files of the built-in sample set, as data/sample/draw draws them."""

import io
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, UnidentifiedImageError

TRUNCATED = "gothic/square_towers/05.jpg"
EMPTY = "modern/curved_sail/09.jpg"
TEXT = "pagodas/three_roofs/11.jpg"
WEBP = "mughal/wide_tomb/03.jpg"
TURNED = "neoclassical/winged_dome/07.jpg"
GREY = "pyramids/nine_steps/02.jpg"
CMYK = "gothic/twin_spires/12.jpg"
CUTOUT = "modern/setback_tower/04.png"
SAME, SAME_AS = "mughal/three_domes/13.jpg", "mughal/three_domes/06.jpg"
RESAVED, RESAVED_FROM = "pagodas/nine_roofs/10.jpg", "pagodas/nine_roofs/01.jpg"
BROKEN = (TRUNCATED, EMPTY, TEXT)
ODD = (*BROKEN, WEBP, TURNED, GREY, CMYK, CUTOUT, SAME, RESAVED)


def list_names(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )


def read_upright(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    return np.asarray(upright, float)


def test_the_set_has_thirty_landmarks_of_fourteen_files_each(drawn):
    names = list_names(drawn)
    landmarks = Counter(name.rsplit("/", 1)[0] for name in names)
    assert len(names) == 420
    assert len(landmarks) == 30
    assert set(landmarks.values()) == {14}


def test_the_set_has_six_categories_of_five_landmarks_each(drawn):
    landmarks = {tuple(name.split("/")[:2]) for name in list_names(drawn)}
    assert Counter(category for category, _ in landmarks) == {
        "gothic": 5,
        "modern": 5,
        "mughal": 5,
        "neoclassical": 5,
        "pagodas": 5,
        "pyramids": 5,
    }


def test_every_category_is_among_the_landmarks(sample, sample_folder):
    files = (sample_folder / "draw" / "categories").glob("*.py")
    listed = {name.split("/")[0] for name in sample("landmarks").LANDMARKS}
    assert {path.stem for path in files} - {"__init__"} == listed


def test_every_file_is_named_by_its_two_digit_number(drawn):
    for name in list_names(drawn):
        assert re.fullmatch(r"[a-z]+/[a-z]+(_[a-z]+)+/(0\d|1[0-3])\.(jpg|png)", name)


def test_every_ordinary_file_is_a_colour_jpeg_of_a_moderate_size(drawn):
    sizes = set()
    for name in set(list_names(drawn)) - set(ODD):
        with Image.open(drawn / name) as picture:
            picture.load()
            assert (picture.format, picture.mode) == ("JPEG", "RGB"), name
            assert min(picture.size) >= 240 and max(picture.size) <= 400, name
            sizes.add(picture.size)
    assert len(sizes) > 100
    assert any(width > height for width, height in sizes)
    assert any(width < height for width, height in sizes)


def test_drawing_one_picture_twice_gives_the_same_bytes(sample, drawn, tmp_path):
    # In another order than the whole set was drawn in, and on one thread.
    for landmark, number in (
        ("pyramids/three_peaks", 13),
        ("modern/setback_tower", 4),
        ("gothic/one_spire", 0),
    ):
        path = sample("files").write_picture(tmp_path, landmark, number)
        original = drawn / path.relative_to(tmp_path)
        assert path.read_bytes() == original.read_bytes()


def test_every_picture_has_a_view_of_its_own(drawn):
    contents = Counter(path.read_bytes() for path in drawn.rglob("*.*"))
    assert sum(count > 1 for count in contents.values()) == 1  # The exact duplicate.


def test_colour_does_not_tell_the_landmark(drawn):
    # The mean colours of two landmarks differ by less than those of their pictures do.
    means = {
        folder: [
            read_upright(path).mean(axis=(0, 1))
            for path in sorted(folder.glob("*.jpg"))[:5]
            if path.relative_to(drawn).as_posix() not in BROKEN
        ]
        for folder in sorted(drawn.glob("*/*"))
    }
    within = np.mean([np.std(colours, axis=0) for colours in means.values()])
    between = np.std([np.mean(colours, axis=0) for colours in means.values()], axis=0)
    assert between.mean() < within


def test_every_odd_file_is_what_the_table_says(sample):
    odd_files = sample("odd_files").ODD_FILES
    listed = {f"{name}.{odd.extension}" for name, odd in odd_files.items()}
    assert listed == set(ODD)


def test_no_landmark_has_two_odd_files(sample):
    landmarks = [name.rsplit("/", 1)[0] for name in sample("odd_files").ODD_FILES]
    assert len(landmarks) == len(set(landmarks))
    assert set(landmarks) <= set(sample("landmarks").LANDMARKS)


def test_the_truncated_file_opens_but_does_not_load(drawn):
    with (
        Image.open(drawn / TRUNCATED) as picture,
        pytest.raises(OSError, match="truncated"),
    ):
        picture.load()


def test_the_empty_file_has_no_bytes(drawn):
    assert (drawn / EMPTY).stat().st_size == 0
    with pytest.raises(UnidentifiedImageError):
        Image.open(drawn / EMPTY)


def test_the_text_file_is_text(drawn):
    assert (drawn / TEXT).read_bytes() == b"This is not a picture.\n"
    with pytest.raises(UnidentifiedImageError):
        Image.open(drawn / TEXT)


@pytest.mark.parametrize(
    ("name", "form", "mode"),
    [
        (WEBP, "WEBP", "RGB"),
        (TURNED, "JPEG", "RGB"),
        (GREY, "JPEG", "L"),
        (CMYK, "JPEG", "CMYK"),
        (CUTOUT, "PNG", "RGBA"),
    ],
)
def test_an_unusual_file_loads_with_its_own_format_and_mode(drawn, name, form, mode):
    with Image.open(drawn / name) as picture:
        picture.load()
        assert (picture.format, picture.mode) == (form, mode)


def test_the_turned_file_is_upright_once_its_orientation_is_applied(sample, drawn):
    with Image.open(drawn / TURNED) as picture:
        assert picture.getexif()[0x0112] == 6
    picture = sample("pictures").draw_picture("neoclassical/winged_dome", 7)
    upright = read_upright(drawn / TURNED)
    assert upright.shape[:2] == picture.size[::-1]
    assert np.abs(upright - np.asarray(picture.convert("RGB"), float)).mean() < 8


def test_the_cutout_is_transparent_in_the_sky_only(drawn):
    with Image.open(drawn / CUTOUT) as picture:
        opacity = np.asarray(picture)[..., 3]
    assert opacity[0].mean() < 10
    assert (opacity[-1] == 255).all()


def test_the_exact_duplicate_has_the_bytes_of_its_original(drawn):
    assert (drawn / SAME).read_bytes() == (drawn / SAME_AS).read_bytes()


def test_the_resaved_duplicate_shows_its_original_in_other_bytes(drawn):
    copy, original = drawn / RESAVED, drawn / RESAVED_FROM
    assert copy.read_bytes() != original.read_bytes()
    difference = np.abs(read_upright(copy) - read_upright(original))
    assert difference.mean() < 8


def test_the_odd_files_are_encoded_from_any_picture(sample):
    picture = Image.new("RGBA", (64, 48), (10, 200, 30, 255))
    for name, odd in sample("odd_files").ODD_FILES.items():
        content = odd.encode(picture)
        if f"{name}.{odd.extension}" not in BROKEN:
            Image.open(io.BytesIO(content)).load()
