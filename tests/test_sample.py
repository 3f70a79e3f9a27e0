"""The built-in sample set: data/sample/draw.py."""

import importlib.util
import io
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image, ImageOps, UnidentifiedImageError

SCRIPT = Path(__file__).parents[1] / "data" / "sample" / "draw.py"

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


@pytest.fixture(scope="module")
def draw() -> ModuleType:
    """Load the script; it is in no package."""
    spec = importlib.util.spec_from_file_location("sample_draw", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pictures(draw: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Draw the whole set once."""
    folder = tmp_path_factory.mktemp("sample") / "new" / "pictures"
    draw.draw_set(folder)
    return folder


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


def test_the_set_has_thirty_landmarks_of_fourteen_files_each(pictures: Path) -> None:
    names = list_names(pictures)
    landmarks = Counter(name.rsplit("/", 1)[0] for name in names)
    assert len(names) == 420
    assert len(landmarks) == 30
    assert set(landmarks.values()) == {14}


def test_the_set_has_six_categories_of_five_landmarks_each(pictures: Path) -> None:
    landmarks = {tuple(name.split("/")[:2]) for name in list_names(pictures)}
    assert Counter(category for category, _ in landmarks) == {
        "gothic": 5,
        "modern": 5,
        "mughal": 5,
        "neoclassical": 5,
        "pagodas": 5,
        "pyramids": 5,
    }


def test_every_file_is_named_by_its_two_digit_number(pictures: Path) -> None:
    for name in list_names(pictures):
        assert re.fullmatch(r"[a-z]+/[a-z]+(_[a-z]+)+/(0\d|1[0-3])\.(jpg|png)", name)


def test_every_ordinary_file_is_a_colour_jpeg_of_a_moderate_size(
    pictures: Path,
) -> None:
    sizes = set()
    for name in set(list_names(pictures)) - set(ODD):
        with Image.open(pictures / name) as picture:
            picture.load()
            assert (picture.format, picture.mode) == ("JPEG", "RGB"), name
            assert min(picture.size) >= 240 and max(picture.size) <= 400, name
            sizes.add(picture.size)
    assert len(sizes) > 100
    assert any(width > height for width, height in sizes)
    assert any(width < height for width, height in sizes)


def test_drawing_one_picture_twice_gives_the_same_bytes(
    draw: ModuleType, pictures: Path, tmp_path: Path
) -> None:
    # In another order than the whole set was drawn in, and on one thread.
    for landmark, number in (
        ("pyramids/three_peaks", 13),
        ("modern/setback_tower", 4),
        ("gothic/one_spire", 0),
    ):
        path = draw.write_picture(tmp_path, landmark, number)
        original = pictures / path.relative_to(tmp_path)
        assert path.read_bytes() == original.read_bytes()


def test_every_picture_has_a_view_of_its_own(pictures: Path) -> None:
    contents = Counter(path.read_bytes() for path in pictures.rglob("*.*"))
    assert sum(count > 1 for count in contents.values()) == 1  # The exact duplicate.


def test_colour_does_not_tell_the_landmark(pictures: Path) -> None:
    # The mean colours of two landmarks differ by less than those of their pictures do.
    means = {
        folder: [
            read_upright(path).mean(axis=(0, 1))
            for path in sorted(folder.glob("*.jpg"))[:5]
            if path.relative_to(pictures).as_posix() not in BROKEN
        ]
        for folder in sorted(pictures.glob("*/*"))
    }
    within = np.mean([np.std(colours, axis=0) for colours in means.values()])
    between = np.std([np.mean(colours, axis=0) for colours in means.values()], axis=0)
    assert between.mean() < within


def test_every_odd_file_is_what_the_table_says(draw: ModuleType) -> None:
    listed = {f"{name}.{odd.extension}" for name, odd in draw.ODD_FILES.items()}
    assert listed == set(ODD)


def test_no_landmark_has_two_odd_files(draw: ModuleType) -> None:
    landmarks = [name.rsplit("/", 1)[0] for name in draw.ODD_FILES]
    assert len(landmarks) == len(set(landmarks))
    assert set(landmarks) <= set(draw.LANDMARKS)


def test_the_truncated_file_opens_but_does_not_load(pictures: Path) -> None:
    with (
        Image.open(pictures / TRUNCATED) as picture,
        pytest.raises(OSError, match="truncated"),
    ):
        picture.load()


def test_the_empty_file_has_no_bytes(pictures: Path) -> None:
    assert (pictures / EMPTY).stat().st_size == 0
    with pytest.raises(UnidentifiedImageError):
        Image.open(pictures / EMPTY)


def test_the_text_file_is_text(pictures: Path) -> None:
    assert (pictures / TEXT).read_bytes() == b"This is not a picture.\n"
    with pytest.raises(UnidentifiedImageError):
        Image.open(pictures / TEXT)


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
def test_an_unusual_file_loads_with_its_own_format_and_mode(
    pictures: Path, name: str, form: str, mode: str
) -> None:
    with Image.open(pictures / name) as picture:
        picture.load()
        assert (picture.format, picture.mode) == (form, mode)


def test_the_turned_file_is_upright_once_its_orientation_is_applied(
    draw: ModuleType, pictures: Path
) -> None:
    with Image.open(pictures / TURNED) as picture:
        assert picture.getexif()[0x0112] == 6
    drawn = draw.draw_picture("neoclassical/winged_dome", 7).convert("RGB")
    upright = read_upright(pictures / TURNED)
    assert upright.shape[:2] == drawn.size[::-1]
    assert np.abs(upright - np.asarray(drawn, float)).mean() < 8


def test_the_cutout_is_transparent_in_the_sky_only(pictures: Path) -> None:
    with Image.open(pictures / CUTOUT) as picture:
        opacity = np.asarray(picture)[..., 3]
    assert opacity[0].mean() < 10
    assert (opacity[-1] == 255).all()


def test_the_exact_duplicate_has_the_bytes_of_its_original(pictures: Path) -> None:
    assert (pictures / SAME).read_bytes() == (pictures / SAME_AS).read_bytes()


def test_the_resaved_duplicate_shows_its_original_in_other_bytes(
    pictures: Path,
) -> None:
    copy, original = pictures / RESAVED, pictures / RESAVED_FROM
    assert copy.read_bytes() != original.read_bytes()
    difference = np.abs(read_upright(copy) - read_upright(original))
    assert difference.mean() < 8


def test_the_command_prints_one_line_that_sums_up_the_set(
    draw: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(draw, "PICTURES_PER_LANDMARK", 1)
    draw.main([str(tmp_path / "few")])
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.startswith("Drew 30 pictures of 30 landmarks in 6 categories")


def test_an_output_folder_that_is_a_file_is_refused(
    draw: ModuleType, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    with pytest.raises(SystemExit, match="OUTPUT_FOLDER must be a folder, got"):
        draw.main([str(taken)])


def test_the_odd_files_are_encoded_from_any_picture(draw: ModuleType) -> None:
    picture = Image.new("RGBA", (64, 48), (10, 200, 30, 255))
    for name, odd in draw.ODD_FILES.items():
        content = odd.encode(picture)
        if f"{name}.{odd.extension}" not in BROKEN:
            Image.open(io.BytesIO(content)).load()
